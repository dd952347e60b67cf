"""`manage.py backup FOLDER`: the database and the files, of one moment, with checksums."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lims import backups
from lims.exceptions import DomainError


class Command(BaseCommand):
    help = "Write a backup of database and files into a new folder. Run it as the owner of the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = backups.backup(options["folder"].absolute(), say=self._say)
        except DomainError as error:
            raise CommandError(str(error)) from error
        copied = sum(each["copied"] for each in manifest["files"])
        audit = manifest["audit"]
        self.stdout.write(
            f"{options['folder']}: database ({manifest['database']['size_bytes']:,} bytes), {copied} files, "
            f"{len(manifest['files']) - copied} registered by path and left where they are; "
            f"audit trail up to entry {audit['sequence']}, hash {audit['hash']}."
        )

    def _say(self, what: str) -> None:
        self.stderr.write(what)
