"""Structured logs: one line an event, with the request or task id that the audit trail carries too."""

from __future__ import annotations

import logging
import logging.config
from typing import Any

import structlog


def configure(options: dict[str, str]) -> None:
    """Set up logging for Django, Celery and our own code.

    Parameters
    ----------
    options : dict
        `level` (a logging level's name) and `format` (`json` or `text`).
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    as_text = structlog.dev.ConsoleRenderer(colors=False)
    renderer = as_text if options["format"] == "text" else structlog.processors.JSONRenderer(ensure_ascii=False)
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "event": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                }
            },
            "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "event"}},
            "root": {"handlers": ["stream"], "level": options["level"]},
            "loggers": {"django.server": {"level": "WARNING"}, "numba": {"level": "WARNING"}},
        }
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
