"""By what erased persons were known: fingerprints, kept as long as more of them may come to light."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, select, text, update
from sqlalchemy.dialects.postgresql import insert

from .tables import ErasedPerson

DAYS = 90
"""How long they are kept after an erasure, or after the last hold that kept something from it."""


class KnownBy(msgspec.Struct, frozen=True):
    """The key of a person's fingerprints, and these, in whatever groups."""

    key: bytes
    fingerprints: dict[str, Any]


def read(connection: Connection, user_id: str) -> KnownBy | None:
    """By what a person was known when their data were erased; None if they were not, or long ago.

    Raises:
        StoreError: the table is missing or not ours to read, or the database is away.
    """
    columns = ErasedPerson.key, ErasedPerson.fingerprints
    row = connection.execute(select(*columns).where(ErasedPerson.user_id == user_id)).one_or_none()
    return None if row is None else KnownBy(bytes(row.key), row.fingerprints)


def write(connection: Connection, user_id: str, known_by: KnownBy) -> None:
    """Keep by what a person is known, in the place of what was kept before."""
    values = msgspec.structs.asdict(known_by)
    new = insert(ErasedPerson).values(user_id=user_id, **values)
    connection.execute(new.on_conflict_do_update(index_elements=["user_id"], set_=values))


def erased(connection: Connection, user_id: str, holds: list[int]) -> None:
    """Count the time from now on, or from the end of holds because of which something stays."""
    mine = update(ErasedPerson).where(ErasedPerson.user_id == user_id)
    connection.execute(mine.values(recorded_at=text("now()"), holds=holds))


def forget(connection: Connection, before: datetime) -> None:
    """Remove those of erasures before a moment whose holds, if any, ended before it too."""
    connection.execute(_FORGET, {"before": before})


_FORGET = text("""
    DELETE FROM erased_persons AS p
     WHERE recorded_at < :before
       AND NOT EXISTS (SELECT FROM holds AS h WHERE h.id = ANY(p.holds)
                          AND coalesce(least(h.released_at, h.until), 'infinity') >= :before)
""")
