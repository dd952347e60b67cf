"""`manage.py describe_laboratory`: the name and address that pages and reports carry."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand, CommandParser

from lims.actions import laboratory, people


class Command(BaseCommand):
    help = "Say which laboratory this is: its name and address, in both languages. Run it again to change them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name-en", required=True)
        parser.add_argument("--name-zh", required=True)
        parser.add_argument("--address-en", default="")
        parser.add_argument("--address-zh", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        described = laboratory.describe(
            by=people.system_account(),
            name_en=options["name_en"],
            name_zh=options["name_zh"],
            address_en=options["address_en"],
            address_zh=options["address_zh"],
        )
        self.stdout.write(f"This is {described.name_en} ({described.name_zh}).")
