"""The main job on files that the command line names."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from demonstration import own_files, tables
from lims.exceptions import DomainError

BAR_WIDTH = 30


class Command(BaseCommand):
    help = "Register a BAM or CRAM with its targets, and calls with a truth; compute, wait, and print the numbers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bam", type=Path, required=True, metavar="FILE", help="BAM or CRAM, sorted by coordinate")
        parser.add_argument("--targets", type=Path, required=True, metavar="BED")
        parser.add_argument("--baits", type=Path, metavar="BED")
        parser.add_argument("--query-vcf", type=Path, metavar="VCF", help="calls to compare with the truth")
        parser.add_argument("--truth-vcf", type=Path, metavar="VCF")
        parser.add_argument("--confident", type=Path, metavar="BED", help="regions in which the truth is complete")
        parser.add_argument("--reference", type=Path, metavar="FASTA", help="needed for CRAM, GC and the comparison")
        parser.add_argument("--sample", default="", metavar="CODE", help="default: the sample that the reads name")
        parser.add_argument("--url", default="", help="address of the web pages, for the closing line")

    def handle(self, *args: Any, **options: Any) -> None:
        own = own_files.OwnFiles(
            alignment=options["bam"],
            targets=options["targets"],
            baits=options["baits"],
            reference=options["reference"],
            query=options["query_vcf"],
            truth=options["truth_vcf"],
            confident=options["confident"],
        )
        try:
            outcome = own_files.analyse(own, sample=options["sample"], show=self._show)
        except DomainError as error:
            raise CommandError(" ".join([str(error), *map(str, error.fields.values())])) from error
        self._end_of_bar()
        place = outcome.run_library
        for line in tables.measurement_lines(place):
            self.stdout.write(line)
        self.stdout.write(f"\nIn the browser: {options['url']}/runs/{place.run.code}/{place.library.code}/")

    def _show(self, fraction: float, stage: str) -> None:
        if sys.stderr.isatty():
            done = round(BAR_WIDTH * fraction)
            bar = "█" * done + "·" * (BAR_WIDTH - done)
            self.stderr.write(f"\r{bar} {fraction:4.0%} {stage:<16}", ending="")
            self.stderr.flush()

    def _end_of_bar(self) -> None:
        if sys.stderr.isatty():
            self.stderr.write("")
