"""Read and write gettext's catalogues without gettext's tools, which a fresh machine does not have."""

from __future__ import annotations

import ast
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_FIELD = re.compile(r'^(msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?)?\s*(".*")$')
_CONTEXT_SEPARATOR = "\x04"
_PLURAL_SEPARATOR = "\x00"


@dataclass
class Message:
    """One entry: where it stands in the sources, what is said, and how it is said in the other language."""

    msgid: str
    context: str | None = None
    plural: str | None = None
    translation: str = ""
    is_fuzzy: bool = False
    files: set[str] = field(default_factory=set)

    @property
    def key(self) -> tuple[str, str]:
        return (self.context or "", self.msgid)


def read_po(path: Path) -> list[Message]:
    """Return the entries of a catalogue or of a part of one; its header, if any, is left out."""
    messages: list[Message] = []
    parts: dict[str, str] = {}
    current, is_fuzzy = "", False

    def finish() -> None:
        nonlocal parts, current, is_fuzzy
        if parts.get("msgid"):
            translation = parts.get("msgstr", parts.get("msgstr[0]", ""))
            messages.append(
                Message(parts["msgid"], parts.get("msgctxt"), parts.get("msgid_plural"), translation, is_fuzzy)
            )
        parts, current, is_fuzzy = {}, "", False

    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            if "msgid" in parts:
                finish()
            is_fuzzy = is_fuzzy or (text.startswith("#,") and "fuzzy" in text)
            continue
        found = _FIELD.match(text)
        if found is None:
            raise SystemExit(f"{path}:{number}: this line is not part of a catalogue: {text}")
        name, string = found.groups()
        if name in ("msgctxt", "msgid") and "msgid" in parts:
            finish()
        current = name or current
        parts[current] = parts.get(current, "") + ast.literal_eval(string)
    finish()
    return messages


def po_text(messages: Iterable[Message], header: str) -> str:
    """Return a catalogue's text, in the order of the sources' names, without dates, so that the same gives the same."""
    blocks = [f'msgid ""\nmsgstr ""\n{_lines(header)}\n']
    blocks += [_block(message) for message in sorted(messages, key=lambda each: (sorted(each.files), *each.key))]
    return "\n".join(blocks)


def _block(message: Message) -> str:
    lines = [f"#: {name}" for name in sorted(message.files)]
    if message.context is not None:
        lines.append(f"msgctxt {_quoted(message.context)}")
    lines.append(f"msgid {_quoted(message.msgid)}")
    if message.plural is not None:
        lines += [f"msgid_plural {_quoted(message.plural)}", f"msgstr[0] {_quoted(message.translation)}"]
    else:
        lines.append(f"msgstr {_quoted(message.translation)}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _lines(header: str) -> str:
    return "\n".join(_quoted(line + "\n") for line in header.splitlines())


def mo_bytes(messages: Iterable[Message], header: str) -> bytes:
    """Return the compiled catalogue, as GNU gettext's manual lays it out, without the optional hash table."""
    pairs = {"": header + "\n"}
    for message in messages:
        original = message.msgid if message.plural is None else message.msgid + _PLURAL_SEPARATOR + message.plural
        if message.context is not None:
            original = message.context + _CONTEXT_SEPARATOR + original
        pairs[original] = message.translation
    encoded = sorted((key.encode(), value.encode()) for key, value in pairs.items())
    count = len(encoded)
    table, strings = 7 * 4, 7 * 4 + 16 * count
    originals, translations, body = [], [], b""
    for index, descriptors in ((0, originals), (1, translations)):
        for pair in encoded:
            descriptors += [len(pair[index]), strings + len(body)]
            body += pair[index] + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, count, table, table + 8 * count, 0, 0)
    return head + struct.pack(f"<{4 * count}I", *originals, *translations) + body
