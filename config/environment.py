"""Readers of the environment: a missing or unreadable variable fails with a sentence that names it."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

HINT = "docs/operations.md lists every variable; `python3 run.py demo` sets them all for the embedded stack."


def text(name: str, default: str | None = None) -> str:
    """Return a variable, or what the file holds that `<name>_FILE` names; without a default neither may be empty."""
    file_name = os.environ.get(f"{name}_FILE")
    if file_name:
        return _content(name, file_name, is_required=default is None)
    value = os.environ.get(name, default)
    if value is None or (value == "" and default is None):
        raise ImproperlyConfigured(f"The environment variable {name} is not set. {HINT}")
    return value


def _content(name: str, file_name: str, *, is_required: bool) -> str:
    try:
        content = Path(file_name).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE names {file_name}, which cannot be read: {error}.") from error
    if is_required and not content:
        raise ImproperlyConfigured(f"{name}_FILE names {file_name}, which is empty.")
    return content


def boolean(name: str, default: bool) -> bool:
    """Return a variable that must be True or False."""
    value = text(name, str(default))
    if value not in ("True", "False"):
        raise ImproperlyConfigured(f"The environment variable {name} is {value!r}; it must be True or False.")
    return value == "True"


def integer(name: str, default: int) -> int:
    """Return a variable that must be a whole number."""
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"The environment variable {name} is {value!r}; it must be a whole number."
        ) from error


def items(name: str, default: str | None = "", separator: str = ",") -> list[str]:
    """Return a variable that holds a list."""
    return [item.strip() for item in text(name, default).split(separator) if item.strip()]


def database(name: str) -> dict[str, object]:
    """Return Django's settings of the PostgreSQL database that a `postgresql://` URL names."""
    parts = urlsplit(text(name))
    if parts.scheme not in ("postgresql", "postgres"):
        raise ImproperlyConfigured(f"{name} must start with postgresql://; no other database engine is supported.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
    }
