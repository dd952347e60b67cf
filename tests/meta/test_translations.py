"""Every sentence is said in Chinese, and the compiled catalogue is what the sources and fragments give."""

from __future__ import annotations

import gettext
import io
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

import translations
from gettext_files import Message, mo_bytes, po_text, read_po

HEADER = translations.HEADER


def test_the_catalogue_is_complete_and_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/translations.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def laboratory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree with one source, one template and no translation yet."""
    (tmp_path / "lims").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "locale" / "fragments").mkdir(parents=True)
    (tmp_path / "lims" / "words.py").write_text(
        'a = _("Lot %(lot)s expired.")\n'
        'b = pgettext_lazy("sequencing", "run")\n'
        'c = ngettext("%(count)d file", "%(count)d files", n)\n'
        "d = not_a_sentence('x')\n"
    )
    (tmp_path / "templates" / "page.html").write_text(
        '{% load i18n %}{% translate "Sign" %} {{ x|default:_("nobody") }}'
        "{% blocktranslate count n=rows|length trimmed %}{{ n }} row\n{% plural %}{{ n }} rows{% endblocktranslate %}"
        '{% translate "run" context "walk" %}'
    )
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    monkeypatch.setattr(translations, "FRAGMENTS", tmp_path / "locale" / "fragments")
    return tmp_path


def test_collect__finds_calls_and_tags_with_context_and_plural(laboratory: Path) -> None:
    assert {key: message.plural for key, message in translations.collect().items()} == {
        ("", "Lot %(lot)s expired."): None,
        ("sequencing", "run"): None,
        ("", "%(count)d file"): "%(count)d files",
        ("", "Sign"): None,
        ("", "nobody"): None,
        ("", "%(n)s row"): "%(n)s rows",
        ("walk", "run"): None,
    }


def test_collect__refuses_what_is_not_a_literal(laboratory: Path) -> None:
    (laboratory / "lims" / "bad.py").write_text('_(f"Lot {lot}")\n')
    with pytest.raises(SystemExit, match=r"lims/bad\.py:1"):
        translations.collect()


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ('msgid "Sign"\nmsgstr "签名"\n', None),
        ('msgid "Sing"\nmsgstr "唱"\n', "Unused"),
        ('#, fuzzy\nmsgid "Sign"\nmsgstr "签名"\n', "Fuzzy"),
        ('msgid "Lot %(lot)s expired."\nmsgstr "批号已过期。"\n', "Placeholders differ"),
        ('msgid "Sign"\nmsgstr "签名"\n\nmsgid "Sign"\nmsgstr "签字"\n', "Translated differently"),
    ],
)
def test_translate__says_what_is_wrong_with_a_fragment(laboratory: Path, entry: str, complaint: str | None) -> None:
    (laboratory / "locale" / "fragments" / "words.po").write_text(entry)
    complaints = translations.translate(translations.collect())
    assert [each.split(" in ")[0] for each in complaints] == ([complaint] if complaint else [])


MESSAGES = [
    Message("Sign", translation="签名"),
    Message("run", context="sequencing", translation="测序批次", files={"lims/words.py"}),
    Message("%(count)d file", plural="%(count)d files", translation="%(count)d 个文件"),
    Message('a "quoted"\nline', translation='"引号"\n行'),
]


def test_mo_bytes__are_read_by_pythons_own_gettext() -> None:
    catalogue = gettext.GNUTranslations(io.BytesIO(mo_bytes(MESSAGES, HEADER)))
    assert catalogue.gettext("Sign") == "签名"
    assert catalogue.pgettext("sequencing", "run") == "测序批次"
    assert catalogue.gettext("run") == "run"
    assert catalogue.ngettext("%(count)d file", "%(count)d files", 1) == "%(count)d 个文件"
    assert catalogue.ngettext("%(count)d file", "%(count)d files", 5) == "%(count)d 个文件"
    assert catalogue.gettext('a "quoted"\nline') == '"引号"\n行'


def test_po_text__is_read_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "django.po"
    path.write_text(po_text(MESSAGES, HEADER), encoding="utf-8")
    read = {each.key: (each.plural, each.translation) for each in read_po(path)}
    assert read == {each.key: (each.plural, each.translation) for each in MESSAGES}


def test_read_po__names_the_line_that_it_cannot_read(tmp_path: Path) -> None:
    path = tmp_path / "broken.po"
    path.write_text('msgid "a"\nmsgstr b\n', encoding="utf-8")
    with pytest.raises(SystemExit, match=r"broken\.po:2"):
        read_po(path)
