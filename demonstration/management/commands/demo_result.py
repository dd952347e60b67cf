"""Wait for the demonstration's main job, finish its studies, and print the judgement."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from demonstration import stories


class Command(BaseCommand):
    help = (
        "Wait for the demonstration's jobs, collect, submit, sign and report; print the judgement of the first study."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--wait", type=float, default=600, metavar="SECONDS", help="how long to wait for the jobs")

    def handle(self, *args: Any, **options: Any) -> None:
        for line in stories.finish(seconds=options["wait"]):
            self.stdout.write(line)
