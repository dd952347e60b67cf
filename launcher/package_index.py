"""The package index that this machine is meant to use, and the pinned uv from it."""

import base64
import configparser
import hashlib
import io
import os
import platform
import re
import ssl
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from launcher.errors import LauncherError

UV_VERSION = "0.13.8"
# File and sha256 as published on pypi.org.
UV_WHEELS = {
    "x86_64": (
        f"uv-{UV_VERSION}-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "e18a57b8b352eb7c8feb317b9f6f533c8f0ad9673fd6cf34bbe3cf1a9f6a8984",
    ),
    "aarch64": (
        f"uv-{UV_VERSION}-py3-none-manylinux_2_28_aarch64.whl",
        "5337c30bb893b4f9ce0ceb921ba2da0d13f649da644f40ad3bef84083bef0203",
    ),
}
_DEFAULT_INDEX = "https://pypi.org/simple"
_FETCHED = "exomark-uv-"
_TIMEOUT_SECONDS = 60


def for_uv(environ: Mapping[str, str]) -> dict[str, str]:
    """Tell uv of the mirror that pip is set to; uv does not read pip's settings."""
    if "UV_DEFAULT_INDEX" in environ or "UV_INDEX_URL" in environ:
        return {}
    mirror = _mirror_of_pip(environ)
    return {"UV_DEFAULT_INDEX": mirror} if mirror else {}


def index_url(environ: Mapping[str, str]) -> str:
    chosen = environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL") or _mirror_of_pip(environ)
    return (chosen or _DEFAULT_INDEX).rstrip("/")


def _mirror_of_pip(environ: Mapping[str, str]) -> str | None:
    if environ.get("PIP_INDEX_URL"):
        return environ["PIP_INDEX_URL"]
    home = Path(environ.get("HOME", "/"))
    settings = configparser.ConfigParser(interpolation=None)
    # In pip's own order: later files override earlier ones.
    files = [Path("/etc/pip.conf"), home / ".pip/pip.conf", home / ".config/pip/pip.conf"]
    files += [Path(environ["PIP_CONFIG_FILE"])] if environ.get("PIP_CONFIG_FILE") else []
    try:
        settings.read(files)
    except (configparser.Error, UnicodeDecodeError):
        return None
    return settings.get("global", "index-url", fallback=None)


def fetch_uv() -> Path:
    """Download the pinned wheel, check its hash, and unpack the program into a folder of its own."""
    name, sha256 = _wheel_for(platform.machine())
    page = f"{index_url(os.environ)}/uv/"
    wheel = _read(_find_link(_read(page).decode(errors="replace"), page, name))
    if hashlib.sha256(wheel).hexdigest() != sha256:
        raise LauncherError(f"{name} from {_without_password(page)} is not the file that was pinned; it is not used.")
    program = Path(tempfile.mkdtemp(prefix=_FETCHED)) / "uv"
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        program.write_bytes(archive.read(f"uv-{UV_VERSION}.data/scripts/uv"))
    program.chmod(0o755)
    return program


def is_fetched(uv: Path) -> bool:
    return uv.parent.name.startswith(_FETCHED)


def _wheel_for(machine: str) -> tuple[str, str]:
    if machine not in UV_WHEELS:
        raise LauncherError(f"No installer is pinned for {machine}.")
    return UV_WHEELS[machine]


def _find_link(page: str, page_url: str, name: str) -> str:
    targets: list[str] = re.findall(r'href="([^"]+)"', page)
    for target in targets:
        if unquote(urlsplit(target).path).endswith(f"/{name}") or unquote(urlsplit(target).path) == name:
            return urljoin(page_url, target.replace("&amp;", "&"))
    raise LauncherError(f"{_without_password(page_url)} does not offer {name}.")


def _read(url: str) -> bytes:
    request = urllib.request.Request(_without_password(url), headers={"User-Agent": "exomark", **_credentials(url)})
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS, context=_trust()) as answer:
            content: bytes = answer.read()
            return content
    except (OSError, urllib.error.URLError) as error:
        raise LauncherError(f"{_without_password(url)} could not be read: {error}.") from error


def _trust() -> ssl.SSLContext:
    """Laboratory networks often sign with a certificate of their own; pip's setting for it counts here too."""
    return ssl.create_default_context(cafile=os.environ.get("PIP_CERT") or None)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))


def _credentials(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
