"""Read events with their facts and derivations, window by window, and update the derivations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, text

from trailkeeper.models.periods import id_floor
from trailkeeper.models.writing import DERIVATIONS

from .filters import EnrichFilters

NIL = UUID(int=0)

_WINDOW = f"""
    SELECT id::text, tableoid::regclass::text, host(ip),
           scrubbed_at IS NOT NULL OR scrubbed_by IS NOT NULL, {", ".join(DERIVATIONS)}
      FROM events
     WHERE scope = :scope AND id > :after AND id >= :low AND id < :high {{seeking}}
     ORDER BY events.id
     LIMIT :limit
"""  # noqa: S608 - names of our own tables and columns

_VERSIONS = {
    column: f"SELECT id, source, build, {'user_agent' if column == 'client_id' else 'NULL'}"  # noqa: S608 - likewise
    f" FROM {table} WHERE id = ANY(:ids)"
    for column, table in DERIVATIONS.items()
}

_SEEKING = {
    "user": "AND user_id = :user",
    "project": "AND project_id = :project",
    "tag": "AND hashtext(tag) = hashtext(:tag) AND tag = :tag",
    "tags": "AND tag = ANY(:tags)",
}

_UPDATE = f"""
    UPDATE {{partition}} AS event
       SET {", ".join(f"{name} = new.{name}" for name in DERIVATIONS)}
      FROM unnest(CAST(:ids AS uuid[]), {", ".join(f"CAST(:{name}s AS int[])" for name in DERIVATIONS)})
           AS new (id, {", ".join(DERIVATIONS)})
     WHERE event.scope = :scope AND event.id = new.id
       AND event.scrubbed_at IS NULL AND event.scrubbed_by IS NULL
"""  # noqa: S608 - likewise


class Derived(NamedTuple):
    """An event with what its derivations are made of.

    Attributes:
        partition: where it lies, as SQL names it.
        scrubbed: personal data was removed from it, so it must stay unchanged.
        derivations: the id of each, in the order of `DERIVATIONS`; None where it is not set.
    """

    id: str
    partition: str
    ip: str | None
    scrubbed: bool
    derivations: tuple[int | None, ...]


class Version(NamedTuple):
    """Which data made a derivation, and the user agent where it is kept with it."""

    source: str
    build: str
    user_agent: str | None


class Window(NamedTuple):
    """Events, and for each of `DERIVATIONS` the versions of those that the events point to, by id.

    The versions are read apart: joined to thousands of events, a few texts would travel thousands of times.
    """

    events: list[Derived]
    versions: list[dict[int, Version]]


class Change(NamedTuple):
    """The new ids of an event's derivations, or None, for each column."""

    id: str
    partition: str
    derivations: tuple[int | None, ...]


def window(
    connection: Connection,
    filters: EnrichFilters,
    place: tuple[str, UUID],
    limit: int,
) -> Window:
    """The next events of one scope, in order of their ids.

    At most *limit* rows of a partition are looked at, or of an index where one leads to the
    filter's events; whether they need anything is for the caller to say.

    Args:
        connection: in a transaction.
        filters: with an end.
        place: the scope, and the id of the last event of it that was seen.
        limit: the most to look at.
    """
    since, until = filters.range
    scope, after = place
    values: dict[str, Any] = {"scope": scope, "after": after, "limit": limit}
    values |= {"low": id_floor(since), "high": id_floor(until)}
    sought = _sought(filters)
    statement = _WINDOW.format(seeking=" ".join(_SEEKING[name] for name in sought))
    rows = connection.execute(text(statement), values | sought)
    events = [Derived(*row[:4], tuple(row[4:])) for row in rows]  # type: ignore[call-arg]  # four by the slice
    return Window(events, [_versions(connection, events, place) for place in range(len(DERIVATIONS))])


def write(connection: Connection, scope: str, changes: Sequence[Change]) -> int:
    """Update the derivations of events; returns how many changed. Facts stay as they are.

    An event that was scrubbed since it was read stays as it is.
    """
    changed = 0
    for partition in sorted({change.partition for change in changes}):
        of_it = [change for change in changes if change.partition == partition]
        values: dict[str, Any] = {"scope": scope, "ids": [change.id for change in of_it]}
        for place, name in enumerate(DERIVATIONS):
            values[f"{name}s"] = [change.derivations[place] for change in of_it]
        changed += connection.execute(text(_UPDATE.format(partition=partition)), values).rowcount
    return changed


def _sought(filters: EnrichFilters) -> dict[str, Any]:
    conditions: dict[str, Any] = {"user": filters.user, "project": filters.project}
    if len(filters.tags) == 1:
        conditions["tag"] = filters.tags[0]
    elif filters.tags:
        conditions["tags"] = list(filters.tags)
    return {name: value for name, value in conditions.items() if value is not None}


def _versions(connection: Connection, events: Sequence[Derived], place: int) -> dict[int, Version]:
    ids = {event.derivations[place] for event in events} - {None}
    if not ids:
        return {}
    statement = text(_VERSIONS[tuple(DERIVATIONS)[place]])
    return {row[0]: Version(*row[1:]) for row in connection.execute(statement, {"ids": list(ids)})}
