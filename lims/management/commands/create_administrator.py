"""`manage.py create_administrator`: the first account of a new laboratory, with a one-time password."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from lims.actions import people
from lims.exceptions import DomainError


class Command(BaseCommand):
    help = "Make the first administrator. Refused while there is one; administrators make all further accounts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("printed_name")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user, password = people.create_first_administrator(
                by=people.system_account(), username=options["username"], printed_name=options["printed_name"]
            )
        except DomainError as error:
            sentences = [str(error), *(f"{name}: {sentence}" for name, sentence in error.fields.items())]
            raise CommandError(" ".join(sentences)) from error
        self.stdout.write(f"{user.username} can log in once with the password {password} and must then choose another.")
