"""Positions of live tails: what clients get tells nothing of the database, and is theirs to send back."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from uuid import UUID

import pytest
from sqlalchemy import create_engine

from trailkeeper.models.histories import EventKey
from trailkeeper.models.histories.event_key import AFTER_ALL
from trailkeeper.models.snapshots import LONGEST, Snapshot
from trailkeeper.views.api.histories import LONGEST_POSITION
from trailkeeper.views.positions import Positions
from trailkeeper.views.secret import ViewsSecret
from trailkeeper.views.tail import TailPosition

ENGINE = create_engine("postgresql+psycopg2://nobody@127.0.0.1:1/nothing")
POSITIONS = Positions(ViewsSecret("a secret of more than thirty-two characters", ENGINE))
OTHER = Positions(ViewsSecret("another secret of more than thirty-two characters", ENGINE))
ID = UUID("01934c1f-7b40-7000-8000-000000000001")
KEY = EventKey(ID, "organization")
FEW = Snapshot(10, 20, (10, 14))
write = POSITIONS.writer()


def sealed(text: str) -> str:
    return text.partition("@")[2]


@pytest.mark.parametrize("newest", [None, KEY, EventKey(ID, AFTER_ALL)])
@pytest.mark.parametrize("seen", [FEW, Snapshot(10**18, 10**18 + 9, ())])
def test_what_is_written_is_read(newest: EventKey | None, seen: Snapshot) -> None:
    position = TailPosition(newest, seen)
    assert POSITIONS.read(write(position)) == position
    assert POSITIONS.read(write(TailPosition(KEY, None))) == TailPosition(KEY, None)


def test_a_position_shows_the_event_and_nothing_of_the_snapshot() -> None:
    """Its transaction numbers count what is stored, whoever may see it."""
    few, more = (
        write(TailPosition(KEY, seen)) for seen in (FEW, Snapshot(91234567, 91234599, (91234567, 91234570)))
    )
    assert few.startswith(f"{KEY}@")
    assert len(few) == len(more)
    assert write(TailPosition(KEY, FEW)) != few  # nor whether it is the same
    assert b"10:20" not in urlsafe_b64decode(sealed(few))


def test_a_snapshot_of_many_transactions_is_shortened_to_one_that_misses_none() -> None:
    many = Snapshot(1_000_000, 1_001_000, tuple(range(1_000_000, 1_001_000, 2)))
    assert POSITIONS.read(write(TailPosition(None, many))).seen == Snapshot(1_000_000, 1_000_000, ())


def test_the_longest_position_can_be_sent_back() -> None:
    many = Snapshot(10**6, 10**7, tuple(range(10**6, 10**6 + (LONGEST - 17) // 8)))
    assert len(str(many)) <= LONGEST < len(str(many)) + 8
    assert len(write(TailPosition(KEY, many))) <= LONGEST_POSITION


@pytest.mark.parametrize(
    "sent",
    [
        f"{KEY}@10:20:10,14",
        f"{KEY}@",
        f"{KEY}@\0",
        f"{KEY}@é",
        f"{KEY}@AAAA",
        OTHER.writer()(TailPosition(KEY, FEW)),
        f"{KEY}@{sealed(write(TailPosition(EventKey(ID, 'user'), FEW)))}",
        write(TailPosition(KEY, FEW))[:-4],
    ],
    ids=["plain", "empty", "NUL", "no ASCII", "short", "another secret", "another event", "cut"],
)
def test_what_is_not_sealed_by_us_leaves_the_event_to_go_on_from(sent: str) -> None:
    assert POSITIONS.read(sent) == TailPosition(KEY, None)
    assert POSITIONS.read(f"@{sealed(sent)}") == TailPosition(None, None)


@pytest.mark.parametrize("wrong", ["", "user/", "nobody/0", "x", f"user/{'0' * 32}", "f" * 32, "x@1:2:"])
def test_what_names_no_event_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        POSITIONS.read(wrong)
