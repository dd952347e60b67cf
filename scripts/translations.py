"""
Collect what the web application says, put the Chinese of locale/fragments/*.po beside it, and compile the catalogue.

`python scripts/translations.py` writes locale/zh_Hans/LC_MESSAGES/django.po and django.mo, both committed.
`--check` writes nothing and fails when a sentence is untranslated, fuzzy or unused, when a translation lost a
placeholder, or when the catalogue is not what the sources and fragments give. `--missing [beginning of a path …]`
prints the untranslated sentences of those sources as entries to fill in. Neither needs gettext's tools.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.utils.translation.template import templatize
from gettext_files import Message, mo_bytes, po_text, read_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
FRAGMENTS = ROOT / "locale" / "fragments"
PYTHON = ("config", "lims", "validation", "iqc", "sharing")
# Pages for developers only.
LEFT_OUT = {"lims/gallery.html", "lims/gallery_bare.html"}
HEADER = """\
Project-Id-Version: Exomark
Language: zh_Hans
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit
Plural-Forms: nplurals=1; plural=0;"""
# function -> places of context, message and plural among its arguments
SIGNATURES: dict[str, tuple[int | None, int, int | None]] = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "ngettext": (None, 0, 1),
    "pgettext": (0, 1, None),
    "npgettext": (0, 1, 2),
}
_CALL = re.compile(r"\b(_|n?p?gettext)\(")
_PLACEHOLDER = re.compile(r"%\((\w+)\)|\{(\w*)\}|%([sd])")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when anything is wrong")
    parser.add_argument("--missing", nargs="*", help="print the untranslated sentences of these sources, else of all")
    arguments = parser.parse_args()
    settings.configure(USE_I18N=True)
    messages = collect()
    complaints = translate(messages)
    missing = [message for message in messages.values() if not message.translation]
    if arguments.missing is not None:
        beginnings = tuple(arguments.missing) or ("",)
        print(po_text([each for each in missing if _is_said_in(each, beginnings)], ""))
        return 0
    complaints += [f"Untranslated ({', '.join(sorted(each.files))}): {each.msgid}" for each in missing]
    wanted = {
        CATALOGUE: po_text(messages.values(), HEADER).encode(),
        CATALOGUE.with_suffix(".mo"): mo_bytes([m for m in messages.values() if m.translation], HEADER),
    }
    for path, content in wanted.items():
        if arguments.check and (not path.exists() or path.read_bytes() != content):
            complaints.append(f"Out of date: {path.relative_to(ROOT)}. Run python scripts/translations.py.")
        elif not arguments.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    print("\n".join(complaints) or f"{len(messages)} sentences, all translated.", file=sys.stderr)
    return 1 if complaints else 0


def _is_said_in(message: Message, beginnings: tuple[str, ...]) -> bool:
    return any(name.startswith(beginnings) for name in message.files)


def collect() -> dict[tuple[str, str], Message]:
    """Return every sentence of the Python sources and the templates, by context and message."""
    messages: dict[tuple[str, str], Message] = {}
    for path, said in sorted([*_python_sources(), *_template_sources()]):
        for message in said:
            known = messages.setdefault(message.key, message)
            known.plural = known.plural or message.plural
            known.files.add(path)
    return messages


def _python_sources() -> Iterator[tuple[str, list[Message]]]:
    for folder in PYTHON:
        for path in (ROOT / folder).rglob("*.py"):
            name = str(path.relative_to(ROOT))
            tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            calls = (node for node in tree if isinstance(node, ast.Call))
            yield name, [message for call in calls if (message := _said(call, name))]


def _template_sources() -> Iterator[tuple[str, list[Message]]]:
    templates = ROOT / "templates"
    for path in templates.rglob("*.html"):
        name = path.relative_to(templates)
        if str(name) not in LEFT_OUT:
            yield f"templates/{name}", list(_said_in_template(path, f"templates/{name}"))


def _said_in_template(path: Path, name: str) -> Iterator[Message]:
    """Django turns a template into calls in a row of no other meaning; each is read on its own."""
    pseudo_code = templatize(path.read_text(encoding="utf-8"), origin=name)
    for found in _CALL.finditer(pseudo_code):
        call = _first_expression(pseudo_code[found.start() :])
        message = _said(call, name) if isinstance(call, ast.Call) else None
        if message:
            yield message


def _first_expression(code: str) -> ast.expr | None:
    for end in re.finditer(r"\)", code):
        try:
            return ast.parse(code[: end.end()].strip(), mode="eval").body
        except SyntaxError:
            continue
    return None


def _said(call: ast.Call, name: str) -> Message | None:
    function = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    places = SIGNATURES.get(re.sub("_(lazy|noop)$", "", function) if function != "_" else function)
    if places is None or not call.args:
        return None
    texts = [None if place is None else _text(call.args[place], call, name) for place in places]
    context, msgid, plural = texts
    return Message(msgid or "", context, plural)


def _text(node: ast.expr, call: ast.Call, name: str) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise SystemExit(f"{name}:{call.lineno}: only a literal can be translated, not {ast.unparse(node)}")


def translate(messages: dict[tuple[str, str], Message]) -> list[str]:
    """Fill in the translations of the fragments; return what is wrong with them."""
    complaints = []
    origin: dict[tuple[str, str], str] = {}
    for path in sorted(FRAGMENTS.glob("*.po")):
        for entry in read_po(path):
            message = messages.get(entry.key)
            if message is None:
                complaints.append(f"Unused in {path.name}: {entry.msgid}")
            elif entry.is_fuzzy:
                complaints.append(f"Fuzzy in {path.name}: {entry.msgid}")
            elif message.translation and entry.translation and message.translation != entry.translation:
                complaints.append(f"Translated differently in {origin[entry.key]} and {path.name}: {entry.msgid}")
            elif entry.translation:
                message.translation, origin[entry.key] = entry.translation, path.name
                complaints += _lost_placeholders(message, path.name)
    return complaints


def _lost_placeholders(message: Message, fragment: str) -> list[str]:
    """Chinese has one form for every count, so a plural's translation follows the plural."""
    said, translated = (
        {"".join(names) for names in _PLACEHOLDER.findall(text)}
        for text in (message.plural or message.msgid, message.translation)
    )
    if said == translated:
        return []
    return [f"Placeholders differ in {fragment}: {message.msgid}"]


if __name__ == "__main__":
    sys.exit(main())
