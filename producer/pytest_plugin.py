"""The pytest fixture `trailkeeper_events`, there in every test suite that has this package installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .testing import Recorder


@pytest.fixture
def trailkeeper_events() -> Iterator[Recorder]:
    """The events emitted during the test, which go nowhere else. See `producer.testing.Recorder`."""
    from .testing import recording  # noqa: PLC0415 - who does not use the fixture does not pay for it

    with recording() as recorder:
        yield recorder
