"""Canonical JSON (RFC 8785): one text for one content, so that a checksum over it means the content.

Keys are sorted by UTF-16 code units, nothing stands between tokens, characters are themselves, and a number is the
shortest decimal that gives the same double back: `1.0` and `1` are one number, and a document that went through a jsonb
column has the text that it had before. What JSON cannot hold exactly (NaN, dates, decimals, whole numbers that are no
double) is refused with its place: the caller writes it as text.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

_LARGEST_PLAIN_EXPONENT = 21
_SMALLEST_PLAIN_EXPONENT = -6
_CONSTANTS = {None: "null", True: "true", False: "false"}


class NotCanonical(TypeError):
    """A value that has no canonical form."""


def text(value: Any) -> str:
    """Return the canonical text of a JSON value.

    Raises
    ------
    NotCanonical
        Something in it has no exact JSON form; the message says what and where.
    """
    return _written(value, "$")


def sha256(value: Any) -> str:
    """Return the SHA-256 of the canonical text as lower-case hex."""
    return hashlib.sha256(text(value).encode("utf-8")).hexdigest()


def normal(value: Any) -> Any:
    """Return the value as it reads back from its canonical text: tuples are lists, a negative zero is zero."""
    return json.loads(text(value))


def _written(value: Any, path: str) -> str:
    if value is None or isinstance(value, bool):
        return _CONSTANTS[value]
    if isinstance(value, str):
        return _string(value, path)
    if isinstance(value, int | float):
        return _number(value, path)
    if isinstance(value, dict):
        return "{" + ",".join(_members(value, path)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_written(item, f"{path}[{index}]") for index, item in enumerate(value)) + "]"
    raise NotCanonical(f"{path} is a {type(value).__name__}, which JSON does not have. Write it as text.")


def _members(content: dict[Any, Any], path: str) -> Iterable[str]:
    for key in content:
        if not isinstance(key, str):
            raise NotCanonical(f"{path} has the key {key!r}, which is not text.")
    for key in sorted(content, key=lambda name: name.encode("utf-16-be", "surrogatepass")):
        yield f"{_string(key, path)}:{_written(content[key], f'{path}.{key}')}"


def _string(value: str, path: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotCanonical(f"{path} holds half a character (a lone surrogate).") from error
    return json.dumps(value, ensure_ascii=False)


def _number(value: float, path: str) -> str:
    number = _as_double(value)
    if not math.isfinite(number):
        raise NotCanonical(f"{path} is {value}. An undefined number is null.")
    if isinstance(value, int) and Decimal(repr(number)) != value:
        raise NotCanonical(f"{path} is {value}, a whole number that JSON does not hold exactly. Write it as text.")
    return _decimal(number)


def _as_double(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _decimal(value: float) -> str:
    """Write a double as ECMAScript does; `repr` already finds the shortest digits."""
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent_text = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent_text or 0) - (len(whole + fraction) - len(digits))
    return sign + _placed(digits.rstrip("0"), point)


def _placed(digits: str, point: int) -> str:
    """Put the decimal point after `point` of the digits, or write an exponent where ECMAScript would."""
    if not _SMALLEST_PLAIN_EXPONENT < point <= _LARGEST_PLAIN_EXPONENT:
        mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
        return f"{mantissa}e{point - 1:+d}"
    if point <= 0:
        return "0." + "0" * -point + digits
    if len(digits) <= point:
        return digits + "0" * (point - len(digits))
    return digits[:point] + "." + digits[point:]
