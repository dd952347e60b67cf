"""Settings for tools that read them and connect to nothing: mypy's Django plugin, the OpenAPI description."""

import os

_PLACEHOLDERS = {
    "EXOMARK_SECRET_KEY": "not-a-secret",
    "EXOMARK_ALLOWED_HOSTS": "localhost",
    "EXOMARK_DATABASE_URL": "postgresql://nobody:nothing@localhost/nowhere",
    "EXOMARK_CACHE_URL": "redis://localhost/1",
    "EXOMARK_BROKER_URL": "redis://localhost/0",
    "EXOMARK_STORAGE_DIR": "/nonexistent",
}
for _name, _value in _PLACEHOLDERS.items():
    os.environ.setdefault(_name, _value)

from config.settings import *  # noqa: E402, F403, TID251
