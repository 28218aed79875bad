"""A walk through the events of one partition in order of their ids, a bounded number at a time."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, text

LOWEST = UUID(int=0)
WITHIN = "e.id > :after AND e.id < :floor AND (CAST(:edge AS uuid) IS NULL OR e.id <= :edge)"
"""What belongs to a window, of rows ``e``."""

TAGGED = "hashtext(e.tag) = hashtext(:tag) AND e.tag = :tag"
"""Which rows ``e`` are of a tag: by its hash too, which is what the index holds."""


def edge(
    connection: Connection, partition: str, after: UUID, floor: UUID, *, size: int, tag: str | None = None
) -> UUID | None:
    """Where a window of *size* events ends.

    Args:
        connection: to the database.
        partition: its name.
        after: where the window before ended.
        floor: the walk ends before this id.
        size: the most events.
        tag: walk over this tag only.

    Returns:
        The last id in it; None where the walk ends in it.
    """
    of_tag = "" if tag is None else f"AND {TAGGED} "
    statement = text(
        f'SELECT id FROM "{partition}" AS e WHERE id > :after AND id < :floor {of_tag}'  # noqa: S608 - a name from the catalog
        "ORDER BY id OFFSET :skipped LIMIT 1"
    )
    values = {"after": after, "floor": floor, "skipped": size - 1, "tag": tag}
    last: UUID | None = connection.scalar(statement, values)
    return last
