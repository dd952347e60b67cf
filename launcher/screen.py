"""What a person sees while things start: one tidy line per step, with its seconds."""

import contextlib
import sys
import time
import unicodedata
from collections.abc import Iterator, Sequence


def say(line: str = "", *, end: str = "\n") -> None:
    # The terminal may be gone while we still have servers to stop.
    with contextlib.suppress(OSError):
        print(line, end=end, flush=True)


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """Show `title` while the block runs; then that it is done, or that it is not, and how long it took."""
    began = time.monotonic()
    _begin(title)
    try:
        yield
    except BaseException:
        _finish(title, _mark("✗", "!"), began)
        raise
    _finish(title, _mark("✓", "+"), began)


def box(lines: Sequence[str]) -> None:
    """Frame the lines that must not be missed."""
    if not _speaks_unicode():
        say("\n".join(["", *lines, ""]))
        return
    width = max(_columns(line) for line in lines)
    say()
    say(f"╭{'─' * (width + 4)}╮")
    for line in lines:
        say(f"│  {line}{' ' * (width - _columns(line))}  │")
    say(f"╰{'─' * (width + 4)}╯")


def _begin(title: str) -> None:
    if sys.stdout.isatty():
        say(f"  {_mark('·', '-')} {title} …", end="")


def _finish(title: str, mark: str, began: float) -> None:
    start_of_line = "\r\033[K" if sys.stdout.isatty() else ""
    say(f"{start_of_line}  {mark} {title:<44} {time.monotonic() - began:6.1f} s")


def _mark(sign: str, plain: str) -> str:
    return sign if _speaks_unicode() else plain


def _speaks_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def _columns(line: str) -> int:
    """Chinese characters take two columns of a terminal."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)
