"""The EXOMARK_* variables that the embedded stack gives its processes. What the caller has set always wins."""

import os
import secrets
import socket
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from launcher.data_dir import DataDir
from launcher.postgres import find_installation

ROOT = Path(__file__).resolve().parent.parent
# With the installed packages, so that removing a laboratory's data does not mean compiling again.
COMPILED = ROOT / ".venv" / "numba"
OWNER_ROLE = "exomark_owner"
RUNTIME_ROLE = "exomark_app"
DATABASE = "exomark"
# They make tables or read past all grants, so they need the role that owns the tables.
OWNER_COMMANDS = frozenset({"prepare_database", "migrate", "backup", "restore"})


def is_given(environ: Mapping[str, str], name: str) -> bool:
    """True when the caller set the variable, or named a file that holds its value."""
    return bool(environ.get(name) or environ.get(f"{name}_FILE"))


def for_stack(data_dir: DataDir, *, database_port: int, broker_port: int, host: str) -> dict[str, str]:
    """Everything the web server, the worker, the scheduler and management commands need."""
    made = data_dir.secrets()
    ours = {
        "EXOMARK_SECRET_KEY": made.secret_key,
        "EXOMARK_METRICS_KEY": made.metrics_key,
        "EXOMARK_ALLOWED_HOSTS": ",".join(_names_of(host)),
        "EXOMARK_STORAGE_DIR": str(data_dir.storage),
        "EXOMARK_FILE_ROOTS": str(data_dir.incoming),
        "EXOMARK_STATIC_ROOT": str(data_dir.static),
        "EXOMARK_RUNTIME_ROLE": RUNTIME_ROLE,
        "EXOMARK_DEBUG": "False",
        "EXOMARK_HTTPS": "False",
        "EXOMARK_LOG_FORMAT": "text",
        "NUMBA_CACHE_DIR": str(COMPILED),
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    if database_port:
        ours["EXOMARK_DATABASE_URL"] = _database_url(RUNTIME_ROLE, made.runtime_password, database_port)
        ours["EXOMARK_POSTGRES_BIN"] = str(find_installation(os.environ, folder=data_dir.postgres).programs)
        ours["EXOMARK_OWNER_DATABASE_URL"] = _database_url(OWNER_ROLE, made.owner_password, database_port)
    if broker_port:
        for name, number in (("EXOMARK_BROKER_URL", 0), ("EXOMARK_CACHE_URL", 1)):
            ours[name] = f"redis://:{made.broker_password}@127.0.0.1:{broker_port}/{number}"
    caller = dict(os.environ)
    return caller | {name: setting for name, setting in ours.items() if not is_given(caller, name)}


def as_owner(environ: Mapping[str, str]) -> dict[str, str]:
    """The same for commands that change tables."""
    changed = dict(environ)
    for suffix in ("", "_FILE"):
        owner = environ.get(f"EXOMARK_OWNER_DATABASE_URL{suffix}")
        if owner:
            changed[f"EXOMARK_DATABASE_URL{suffix}"] = owner
    return changed


def with_file_roots(environ: Mapping[str, str], folders: Iterable[Path]) -> dict[str, str]:
    """Whoever runs a command here may read these folders anyway, so the command may register files in them."""
    roots = [environ.get("EXOMARK_FILE_ROOTS", ""), *map(str, folders)]
    return {**environ, "EXOMARK_FILE_ROOTS": os.pathsep.join(dict.fromkeys(filter(None, roots)))}


def for_checks() -> dict[str, str]:
    """Enough to read the settings for checks that open no connection."""
    nowhere = "127.0.0.1:9"
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "EXOMARK_SECRET_KEY": secrets.token_hex(32),
        "EXOMARK_DATABASE_URL": f"postgresql://{OWNER_ROLE}@{nowhere}/{DATABASE}",
        "EXOMARK_BROKER_URL": f"redis://{nowhere}/0",
        "EXOMARK_CACHE_URL": f"redis://{nowhere}/1",
        "EXOMARK_ALLOWED_HOSTS": "localhost",
        "EXOMARK_STORAGE_DIR": tempfile.gettempdir(),
    }


def django(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def _database_url(role: str, password: str, port: int) -> str:
    return f"postgresql://{role}:{password}@127.0.0.1:{port}/{DATABASE}"


def _names_of(host: str) -> list[str]:
    """The names under which a browser may ask for us."""
    names = ["localhost", "127.0.0.1", "[::1]"]
    if host in ("0.0.0.0", "::"):
        names += [socket.gethostname(), socket.getfqdn(), *_addresses()]
    else:
        names.append(host)
    return list(dict.fromkeys(names))


def _addresses() -> list[str]:
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, family=socket.AF_INET)
    except OSError:
        return []
    return [str(address[4][0]) for address in found]
