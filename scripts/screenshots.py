"""
Take the guides' pictures from a running demonstration (`python3 run.py demo`), in both languages at 1440 px.

`python scripts/screenshots.py [--data-dir .exomark]` writes docs/images/<name>-<en|zh>.png with the system's Chromium.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
WIDTH = 1440
MOST_BYTES = 300_000
LANGUAGES = {"en": "en-US", "zh": "zh-CN"}


@dataclass(frozen=True)
class Picture:
    """What is shown, to whom, and how much of the page."""

    name: str
    username: str
    path: str
    height: int = 900


PICTURES = (
    Picture("today", "li.wei", "/", 560),
    Picture("study", "li.wei", "/validation/{waiting}/", 1000),
    Picture("approve", "li.wei", "/validation/{waiting}/approve/"),
    Picture("library", "wang.fang", "/runs/SIM-RUN-01/SIM001-L1/", 1300),
    Picture("files", "wang.fang", "/files/+new/?run=SIM-RUN-01&library=SIM001-L1", 620),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=ROOT / ".exomark", help="data directory of the demonstration")
    data_dir = parser.parse_args().data_dir
    url = json.loads((data_dir / "state.json").read_text())["url"]
    log_ins = json.loads((data_dir / "storage" / "demonstration-log-ins.json").read_text())
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        taken = [path for language in LANGUAGES for path in _take_language(playwright, url, log_ins, language)]
    too_large = [path for path in taken if path.stat().st_size >= MOST_BYTES]
    for path in too_large:
        print(f"{path.relative_to(ROOT)} has {path.stat().st_size} bytes: show less of the page.", file=sys.stderr)
    return 1 if too_large else 0


def _take_language(playwright: Playwright, url: str, log_ins: dict[str, str], language: str) -> list[Path]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    usernames = dict.fromkeys(picture.username for picture in PICTURES)
    taken = [path for name in usernames for path in _take_all(browser, url, name, log_ins[name], language)]
    browser.close()
    return taken


def _take_all(browser: Browser, url: str, username: str, password: str, language: str) -> list[Path]:
    context = browser.new_context(locale=LANGUAGES[language], viewport={"width": WIDTH, "height": 900})
    page = context.new_page()
    _log_in(page, url, username, password)
    taken = [_take(page, url, picture, language) for picture in PICTURES if picture.username == username]
    context.close()
    return taken


def _log_in(page: Page, url: str, username: str, password: str) -> None:
    page.goto(f"{url}/log-in/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", password)
    page.click("main button[type=submit]")
    page.wait_for_url(f"{url}/")


def _take(page: Page, url: str, picture: Picture, language: str) -> Path:
    page.set_viewport_size({"width": WIDTH, "height": picture.height})
    page.goto(url + picture.path.format(waiting=_waiting_study(page, url) if "{waiting}" in picture.path else ""))
    page.wait_for_load_state("networkidle")
    path = IMAGES / f"{picture.name}-{language}.png"
    page.screenshot(path=path, animations="disabled")
    return path


def _waiting_study(page: Page, url: str) -> str:
    """Return the study that waits for the director's signature."""
    page.goto(url)
    address = page.locator("main a[href^='/validation/']").first.get_attribute("href") or ""
    return address.strip("/").split("/")[1]


if __name__ == "__main__":
    sys.exit(main())
