"""Reading a JSON document by name, with errors that say where they are.

Numbers keep the digits they were written with (`Decimal`), so that a limit of 0.98 stays 49/50.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from kernels.errors import KernelError

Choice = TypeVar("Choice", bound=StrEnum)
REQUIRED: Any = object()


def read_object(path: str | os.PathLike[str]) -> JsonObject:
    """Read a file that holds one JSON object.

    Raises
    ------
    KernelError
        `file_unreadable`, `json_invalid` (with line and column), `json_not_an_object`.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KernelError("file_unreadable", f"{os.fspath(path)} cannot be read: {error}.", file=str(path)) from error
    return parse_object(text, str(path))


def parse_object(text: str, name: str) -> JsonObject:
    """Parse the text of one JSON object; `name` stands for the file in messages."""
    try:
        document = json.loads(
            text, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_unique_members
        )
    except json.JSONDecodeError as error:
        message = f"{name} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        raise KernelError("json_invalid", message, file=name, line=error.lineno, column=error.colno) from error
    if not isinstance(document, dict):
        raise KernelError("json_not_an_object", f"{name} must hold one JSON object, not {_kind(document)}.", file=name)
    return JsonObject(document)


class JsonObject:
    """Members of a JSON object, taken one by one; what nobody took is refused by `finish`.

    Every `take` method raises `KernelError` `member_missing` or `member_invalid`, naming the path of the member.
    """

    def __init__(self, members: dict[str, Any], path: str = "") -> None:
        self._members = members
        self._taken: set[str] = set()
        self.path = path

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def names(self) -> list[str]:
        """Return the member names in the order of the document."""
        return list(self._members)

    def text(self, name: str, default: Any = REQUIRED) -> str:
        """Take a string."""
        return self._checked(name, default, "a string", lambda value: isinstance(value, str))

    def label(self, name: str, default: Any = REQUIRED) -> str:
        """Take a name that may be written as a string or as an integer."""
        value = self._checked(name, default, "a string or an integer", lambda v: isinstance(v, str) or _is_integer(v))
        return value if value is default else str(value)

    def flag(self, name: str, default: Any = REQUIRED) -> bool:
        """Take true or false."""
        return self._checked(name, default, "true or false", lambda value: isinstance(value, bool))

    def integer(self, name: str, default: Any = REQUIRED) -> int:
        """Take an integer."""
        return self._checked(name, default, "an integer", _is_integer)

    def exact(self, name: str, default: Any = REQUIRED) -> Decimal:
        """Take a number with the digits it was written with."""
        value = self._checked(name, default, "a number", _is_number)
        return value if value is default else Decimal(value)

    def number(self, name: str, default: Any = REQUIRED) -> float:
        """Take a number."""
        value = self._checked(name, default, "a number", _is_number)
        return value if value is default else float(value)

    def choice(self, name: str, options: type[Choice], default: Any = REQUIRED) -> Choice:
        """Take one of the values of an enumeration."""
        values = [option.value for option in options]
        value = self._checked(name, default, "one of " + ", ".join(values), lambda value: value in values)
        return value if value is default else options(value)

    def choices(self, name: str, options: type[Choice], default: Any = REQUIRED) -> list[Choice]:
        """Take an array of values of an enumeration."""
        values = [option.value for option in options]
        taken = self._array(name, default, "of " + ", ".join(values), lambda value: value in values)
        return taken if taken is default else [options(value) for value in taken]

    def texts(self, name: str, default: Any = REQUIRED) -> list[str]:
        """Take an array of strings."""
        return self._array(name, default, "of strings", lambda value: isinstance(value, str))

    def integers(self, name: str, default: Any = REQUIRED) -> list[int]:
        """Take an array of integers."""
        return self._array(name, default, "of integers", _is_integer)

    def numbers(self, name: str, default: Any = REQUIRED) -> list[float]:
        """Take an array of numbers."""
        taken = self._array(name, default, "of numbers", _is_number)
        return taken if taken is default else [float(value) for value in taken]

    def exacts(self, name: str, default: Any = REQUIRED) -> list[Decimal]:
        """Take an array of numbers with the digits they were written with."""
        taken = self._array(name, default, "of numbers", _is_number)
        return taken if taken is default else [Decimal(value) for value in taken]

    def numbers_or_nulls(self, name: str, default: Any = REQUIRED) -> list[float | None]:
        """Take an array of numbers in which null marks a missing one."""
        taken = self._array(name, default, "of numbers or nulls", lambda value: value is None or _is_number(value))
        return taken if taken is default else [None if value is None else float(value) for value in taken]

    def flags(self, name: str, default: Any = REQUIRED) -> list[bool]:
        """Take an array of true and false, or of 1 and 0."""
        taken = self._array(name, default, "of true and false, or of 1 and 0", _is_flag)
        return taken if taken is default else [bool(value) for value in taken]

    def rows(self, name: str, default: Any = REQUIRED) -> list[list[float]]:
        """Take an array of arrays of numbers, of any lengths."""
        taken = self._array(name, default, "of arrays of numbers", _is_row)
        return taken if taken is default else [[float(value) for value in row] for row in taken]

    def matrix(self, name: str, default: Any = REQUIRED) -> list[list[float]]:
        """Take an array of arrays of numbers, all of one length."""
        rows = self.rows(name, default)
        if rows is not default:
            self._check_lengths(name, rows)
        return rows

    def count_matrix(self, name: str, default: Any = REQUIRED) -> list[list[int]]:
        """Take an array of arrays of integers, all of one length."""
        rows = self._array(name, default, "of arrays of integers", _is_count_row)
        if rows is not default:
            self._check_lengths(name, rows)
        return rows

    def text_map(self, name: str) -> dict[str, str]:
        """Take an object whose members are all strings."""
        child = self.child(name)
        return {member: child.text(member) for member in child.names()}

    def number_or_null_map(self, name: str) -> dict[str, float | None]:
        """Take an object whose members are numbers, or null for a missing one."""
        child = self.child(name)
        return {member: child.number_or_null(member) for member in child.names()}

    def number_or_null(self, name: str, default: Any = REQUIRED) -> float | None:
        """Take a number, or null for a missing one."""
        value = self._checked(name, default, "a number or null", lambda v: v is None or _is_number(v))
        return value if value is default or value is None else float(value)

    def child(self, name: str, default: Any = REQUIRED) -> JsonObject:
        """Take a nested object."""
        members = self._checked(name, default, "an object", lambda value: isinstance(value, dict))
        return members if members is default else JsonObject(members, self._at(name))

    def children(self, name: str, default: Any = REQUIRED) -> list[JsonObject]:
        """Take an array of objects."""
        taken = self._array(name, default, "of objects", lambda value: isinstance(value, dict))
        if taken is default:
            return taken
        return [JsonObject(members, f"{self._at(name)}[{index}]") for index, members in enumerate(taken)]

    def finish(self) -> None:
        """Refuse members that nobody took: a misspelt option must not be ignored silently."""
        unknown = [name for name in self._members if name not in self._taken]
        if unknown:
            known = ", ".join(sorted(self._taken))
            message = f"{self._at(unknown[0])} is not a member that is read here; known are: {known}."
            raise KernelError("member_unknown", message, member=self._at(unknown[0]))

    def _check_lengths(self, name: str, rows: Sequence[Sequence[float]]) -> None:
        if len({len(row) for row in rows}) > 1:
            raise self._invalid(name, "a table whose rows have one length")

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def _invalid(self, name: str, expected: str) -> KernelError:
        message = f"{self._at(name)} must be {expected}; it is {_shown(self._members[name])}."
        return KernelError("member_invalid", message, member=self._at(name), expected=expected)

    def _checked(self, name: str, default: Any, expected: str, accepts: Any) -> Any:
        self._taken.add(name)
        if name not in self._members:
            if default is REQUIRED:
                message = f"{self._at(name)} is missing; give {expected}."
                raise KernelError("member_missing", message, member=self._at(name), expected=expected)
            return default
        value = self._members[name]
        if not accepts(value):
            raise self._invalid(name, expected)
        return value

    def _array(self, name: str, default: Any, of: str, accepts: Any) -> Any:
        values = self._checked(name, default, f"an array {of}", lambda value: isinstance(value, list))
        if values is default:
            return default
        for index, value in enumerate(values):
            if not accepts(value):
                message = f"{self._at(name)}[{index}] must be an item of an array {of}; it is {_shown(value)}."
                raise KernelError("member_invalid", message, member=f"{self._at(name)}[{index}]", expected=of)
        return values


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool) or (_is_integer(value) and value in (0, 1))


def _is_count_row(value: Any) -> bool:
    return isinstance(value, list) and all(_is_integer(item) for item in value)


def _is_row(value: Any) -> bool:
    return isinstance(value, list) and all(_is_number(item) for item in value)


def _kind(value: Any) -> str:
    return {list: "an array", str: "a string", type(None): "null"}.get(type(value), "a single value")


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"


def _refuse_constant(constant: str) -> float:
    raise KernelError("json_not_finite", f"{constant} is not a JSON number; write null for a missing value.")


def _unique_members(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise KernelError("json_duplicate_member", f"The member {name!r} appears twice; keep one.", member=name)
        members[name] = value
    return members
