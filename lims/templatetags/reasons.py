"""Why a file was rejected or a job failed, where a template names it."""

from __future__ import annotations

from django import template

from lims.models import DataFile, Job
from lims.selectors import files, jobs

register = template.Library()


@register.filter
def why_rejected(file: DataFile) -> str:
    """Return the sentence with which verification rejected a file; nothing for another one."""
    return files.why_rejected(file)


@register.filter
def why_failed(job: Job) -> str:
    """Return the sentence that says why a job failed; nothing for another one."""
    return jobs.why_failed(job)
