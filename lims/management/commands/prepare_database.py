"""`manage.py prepare_database`, run as the owner: migrate, grant the runtime role its rights, load our own rows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import BaseCommand, CommandError, call_command

from lims import runtime_role
from lims.actions import metrics, people


class Command(BaseCommand):
    help = "Create or upgrade the tables and prepare them for the role that the application runs as."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=options["verbosity"])
        try:
            runtime_role.grant(settings.RUNTIME_ROLE)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        metrics.load_catalogue(by=people.system_account())
        self.stdout.write(f"The database is ready for the role {settings.RUNTIME_ROLE}.")
