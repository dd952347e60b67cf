"""Load the demonstration laboratory: people, registers, simulated files, locked plans, started jobs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from demonstration import stories


class Command(BaseCommand):
    help = "Load the demonstration laboratory and start its main job. Needs a running worker; what exists is kept."

    def handle(self, *args: Any, **options: Any) -> None:
        for line in stories.load():
            self.stdout.write(line)
