"""What a type checker says about calls of `emit`: mypy reads this file, and fails at an unneeded `ignore`."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest

from tests.support.emitting import SPOOLED, an_emitter
from trailkeeper import InvalidEvent, Subject, aemit, emit, emit_on_commit
from trailkeeper.integrations.django import emit_on_commit as emit_on_djangos_commit


@dataclass
class Row:
    """What an ORM would load."""

    id: int


def test_every_form_of_a_subject_passes() -> None:
    emitter, recorder = an_emitter()
    emitter.emit(SPOOLED, user=Subject("1"), project="p", organization=1)
    emitter.emit(SPOOLED, user=Row(1), project=("1", "sampleproject"), organization=UUID(int=1))
    assert len(recorder.events) == 2


def test_a_number_with_a_fraction_is_no_subject() -> None:
    emitter, _ = an_emitter()
    with pytest.raises(InvalidEvent):
        emitter.emit(SPOOLED, user=3.5)  # type: ignore[arg-type]
    with pytest.raises(InvalidEvent):
        emitter.prepare(SPOOLED, project=object())  # type: ignore[arg-type]


def test_a_wrong_name_is_a_wrong_call_like_any_other() -> None:
    emitter, _ = an_emitter()
    with pytest.raises(InvalidEvent, match="usr: there is no such argument; expected some of: user, project"):
        emitter.emit(SPOOLED, usr="1")  # type: ignore[call-arg]


async def never_called() -> None:
    """For the type checker only: each entrance checks its arguments."""
    emit(SPOOLED, user=3.5)  # type: ignore[arg-type]
    emit(SPOOLED, usr="1")  # type: ignore[call-arg]
    await aemit(SPOOLED, organization=3.5)  # type: ignore[arg-type]
    emit_on_commit(None, SPOOLED, user=3.5)  # type: ignore[arg-type]
    emit_on_commit(None, SPOOLED, connection=None)  # type: ignore[call-arg]
    emit_on_djangos_commit(SPOOLED, project=3.5)  # type: ignore[arg-type]
