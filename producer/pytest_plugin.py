"""The pytest fixture `trailkeeper_events`, available wherever this package is installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .testing import Recorder


@pytest.fixture
def trailkeeper_events() -> Iterator[Recorder]:
    """The events emitted during the test, which are sent nowhere else. See `testing.Recorder`."""
    from .testing import recording  # noqa: PLC0415 - loaded only by tests that use the fixture

    with recording() as recorder:
        yield recorder
