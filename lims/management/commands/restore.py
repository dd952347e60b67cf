"""`manage.py restore FOLDER`: a backup into an empty database and storage, verified."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from lims import backups
from lims.exceptions import DomainError


class Command(BaseCommand):
    help = "Restore a backup into an empty database and an empty storage folder, then verify it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest = backups.restore(options["folder"].absolute(), say=self._say)
        except DomainError as error:
            raise CommandError(str(error)) from error
        if backups.audit_state() != manifest["audit"]:
            raise CommandError("The audit trail does not end where the backup's did. Do not use this database.")
        call_command("prepare_database", verbosity=0)
        call_command("verify_audit", "--records", stdout=self.stdout)
        for location in backups.missing_registered_files(manifest):
            self.stderr.write(f"Not restored, because it was registered by path and is not there: {location}")
        self.stdout.write(
            f"Restored: {len(manifest['files'])} files, audit trail up to {manifest['audit']['sequence']}."
        )

    def _say(self, what: str) -> None:
        self.stderr.write(what)
