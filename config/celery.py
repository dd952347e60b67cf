"""The Celery application: Django's settings decide, tasks live in each app's `tasks` module."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("exomark")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
