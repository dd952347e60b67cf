"""The one door to the queue: work is announced after its transaction commits, and a dead broker loses nothing."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import structlog
from celery import Task, current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = structlog.get_logger()
AnyTask = Task[Any, Any]

_BROKER_ERRORS = (OperationalError, RedisError, OSError)

# The row in the database is what counts; the scheduler announces it again, so nobody waits long for a dead broker.
_RETRY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1}
_loading = threading.Lock()


def enqueue(task_name: str, *args: str | int) -> None:
    """Announce work to the workers once the running transaction commits.

    Parameters
    ----------
    task_name : str
        Name of a registered task; its queue is the task's own.
    *args : str or int
        Ids only: the worker reads the rest from the database.

    Raises
    ------
    LookupError
        At once, not at commit: there is no such task.
    """
    transaction.on_commit(partial(_send, _task(task_name), args))


def waiting_messages(queue: str) -> int | None:
    """Return how many announcements wait in a queue, or None when the broker cannot say."""
    try:
        with current_app.connection_for_read() as connection, connection.channel() as channel:
            redis_channel: Any = channel
            return int(redis_channel.client.llen(queue))
    except _BROKER_ERRORS as error:
        log.warning("broker_unreachable", error=str(error))
        return None


def queue_of(task_name: str) -> str:
    """Return the queue that a task's announcements go to."""
    route = current_app.amqp.router.route({}, _task(task_name).name)
    return str(route["queue"].name)


def _task(name: str) -> AnyTask:
    if name not in current_app.tasks:
        # Workers load the tasks at their start; a web process does it when it first needs one. One thread at a time:
        # to a second one Celery would answer at once that it is done, while the first is still at it.
        with _loading:
            current_app.loader.import_default_modules()
    if name not in current_app.tasks:
        raise LookupError(f"There is no task named {name!r}.")
    return current_app.tasks[name]


def _send(task: AnyTask, args: tuple[str | int, ...]) -> None:
    try:
        task.apply_async(args, retry=True, retry_policy=_RETRY)
    except _BROKER_ERRORS as error:
        log.warning("not_announced", task=task.name, args=args, error=str(error))
