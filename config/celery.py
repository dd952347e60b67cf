"""The Celery application: Django's settings decide, tasks live in each app's `tasks` module."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("exomark")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def report_at_once(**_facts: Any) -> None:
    """Give the first sign of life now instead of at the scheduler's next turn: `/readyz` waits for it."""
    app.send_task("lims.record_heartbeat", expires=30)
