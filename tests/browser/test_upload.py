"""An upload in a real browser is paused, survives the closing of its page, and goes on where it stopped."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Request, expect

from tests.browser.people import Person
from tests.browser.visitor import Visitor

SIZE_BYTES = 80 * 1024 * 1024
SLOWLY_BYTES_PER_SECOND = 12 * 1024 * 1024


def throttle(page: Page, bytes_per_second: int) -> None:
    """Make the window's connection slow enough to be paused by hand."""
    limits = {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": bytes_per_second}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", limits)


def choose(page: Page, path: Path) -> None:
    page.set_input_files("#upload-files", path)
    page.get_by_role("button", name="Upload").click()


def test_upload__is_paused_left_and_goes_on_where_it_stopped(
    enter: Callable[..., Visitor], staff: dict[str, Person], tmp_path: Path
) -> None:
    path = tmp_path / "large 样本.bin"
    path.write_bytes(os.urandom(SIZE_BYTES))
    visitor = enter(staff["technician"])
    visitor.open("/files/+new/")
    page = visitor.page
    throttle(page, SLOWLY_BYTES_PER_SECOND)
    choose(page, path)
    row = page.locator("#upload-queue tbody tr")
    # The first piece has 64 MB: with it the server counts something for certain.
    while float(row.locator("progress").evaluate("element => element.value")) < 82:
        page.wait_for_timeout(100)
    row.get_by_role("button", name="Pause").click()
    expect(row).to_contain_text("paused")

    page.reload()
    throttle(page, -1)
    offsets: list[str] = []

    def note(request: Request) -> None:
        if request.method == "PATCH":
            offsets.append(request.headers["upload-offset"])

    page.on("request", note)
    choose(page, path)
    row.get_by_role("link", name="Open").click()
    expect(page.locator("h1")).to_have_text("large 样本.bin")
    assert int(offsets[0]) >= 64 * 1024 * 1024
    expect(page.locator("h1 + .chip")).to_contain_text("Ready", timeout=60_000)
    page.reload()
    expect(page.get_by_text(hashlib.sha256(path.read_bytes()).hexdigest()).first).to_be_visible()
