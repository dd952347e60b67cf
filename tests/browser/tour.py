"""A walk through every page that each role can reach by links: wide and English, and narrow, dark and Chinese."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.urls import Resolver404
from playwright.sync_api import Page

from lims.urls import urlpatterns as laboratory
from tests.browser.visitor import Visitor, obstacles_on, page_kind
from validation.urls import urlpatterns as studies

NARROW_PX = 390
# They answer with a file, or with something that is not for people.
NO_PAGES = {"file-download", "audit-export", "healthz", "readyz", "metrics", "job-progress", "gallery"}

# Words that are the same in both languages: names of formats, quantities, methods and of the product itself.
_INTERNATIONAL = """
    Exomark SHA BAM CRAM VCF BED FASTA PDF CSV JSON API REST OpenAPI PPA PPV SNV SNP Indel INDEL PASS DNA TOTP Fold
    Picard Wilson Clopper Pearson HTTP PostgreSQL EXOMARK_FILE_ROOTS UTC
"""

# The frame and the fixed words of a page; what people entered stands in cells, in .code and in elements with a lang.
_FIXED_WORDS = """
() => [...document.querySelectorAll(
  "nav a span, th, dt, label, legend, button, h2, summary, .btn, caption, " +
  ".field-help, .notice, .crumbs li:first-child a"
)].filter(element => !element.closest("code, .code, [lang]:not(html), th[scope=row], td, .menu > summary"))
  .map(element => element.innerText.trim()).filter(words => /[A-Za-z]{3,}/.test(words))
"""


@dataclass
class Findings:
    """What the walk met."""

    kinds: set[str] = field(default_factory=set)
    obstacles: list[str] = field(default_factory=list)
    wide: list[str] = field(default_factory=list)
    untranslated: list[str] = field(default_factory=list)


def walk(wide: Visitor, narrow: Visitor, beginnings: Sequence[str], findings: Findings) -> None:
    """Follow links from some pages, to one page of each kind, in both windows of one person."""
    waiting, known = deque(beginnings), {page_kind(path) for path in beginnings}
    while waiting:
        path = waiting.popleft()
        _inspect(wide, narrow, path, findings)
        for link in _links_on(wide.page, wide.url):
            kind = _kind(link)
            if kind and kind not in known and kind not in NO_PAGES:
                known.add(kind)
                waiting.append(link)
    findings.kinds |= known


def _inspect(wide: Visitor, narrow: Visitor, path: str, findings: Findings) -> None:
    wide.page.goto(wide.url + path)
    narrow.page.goto(narrow.url + path)
    findings.untranslated += [f"{path}: {words}" for words in _untranslated(wide.page, narrow.page)]
    if page_kind(path) in findings.kinds:
        return
    findings.obstacles += [f"{path}: {obstacle}" for obstacle in obstacles_on(wide.page)]
    findings.obstacles += [f"{path} (narrow, dark): {obstacle}" for obstacle in obstacles_on(narrow.page)]
    width = narrow.page.evaluate("document.documentElement.scrollWidth")
    if width > NARROW_PX:
        findings.wide.append(f"{path}: {width} px")


def _untranslated(english: Page, chinese: Page) -> list[str]:
    """Return fixed words that a Chinese page shares with the English one."""
    shared = set(english.evaluate(_FIXED_WORDS)) & set(chinese.evaluate(_FIXED_WORDS))
    return sorted(words for words in shared if set(re.findall(r"[A-Za-z_]{3,}", words)) - set(_INTERNATIONAL.split()))


def _links_on(page: Page, url: str) -> list[str]:
    addresses: list[str] = page.evaluate("[...document.querySelectorAll('a[href]')].map(link => link.href)")
    ours = (urlsplit(address) for address in addresses if address.startswith(url))
    return [f"{parts.path}?{parts.query}" if parts.query else parts.path for parts in ours]


def _kind(link: str) -> str:
    try:
        return page_kind(link)
    except Resolver404:
        return ""


def names_of_pages() -> set[str]:
    """Return every named route of the product's pages."""
    return {str(route.name) for route in (*laboratory, *studies)}
