"""Debian's chromium, driven by Playwright. Never one that Playwright would download."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ViewportSize, sync_playwright

from tests.support.served import Served
from trailkeeper.views.viewer import Viewer

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 360, "height": 780}
COOKIE = "trailkeeper"


def need_a_browser() -> None:
    """Skip the test where there is none; in CI, fail it, so that these tests cannot vanish unseen."""
    if CHROMIUM.exists():
        return
    missing = f"no browser at {CHROMIUM}; on Debian: apt-get install --no-install-recommends chromium"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser, for the time of the block. While it is there, this thread has a running event loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


def signed_in(browser: Browser, site: Served, viewer: Viewer, **options: Any) -> BrowserContext:
    """A browser's own context whose viewer is signed in already."""
    context = browser.new_context(
        **{"viewport": DESKTOP, "base_url": site.url, "locale": "en-GB", "timezone_id": "UTC"} | options
    )
    context.set_default_timeout(15_000)
    context.add_cookies([{"name": COOKIE, "value": site.token(viewer), "url": site.url}])
    return context
