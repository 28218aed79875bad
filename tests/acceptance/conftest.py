"""What several acceptance tests ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browsers import launched, need_a_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real browser; a module's tests share it, each with a context of its own."""
    need_a_browser()
    with launched() as found:
        yield found
