"""Ctrl-C, a polite kill and a closed terminal all mean the same: stop everything, in order."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

_MEANING_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Raised wherever the launcher happens to be; not an error."""


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise Interrupted

    previous = {number: signal.signal(number, interrupt) for number in _MEANING_STOP}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
