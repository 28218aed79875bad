"""Events with what their derivations came from, window by window; and derivations written anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, text

from trailkeeper.models.errors import translated
from trailkeeper.models.periods import id_floor

from .filters import EnrichFilters

NIL = UUID(int=0)

_WINDOW = """
    SELECT seen.id, seen.tableoid::regclass::text AS partition, host(seen.ip) AS ip, seen.scrubbed,
           seen.location_id, location.source, location.build AS location_build,
           seen.client_id, client.user_agent, client.build AS client_build
      FROM (SELECT tableoid, id, ip, tag, project_id, location_id, client_id,
                   scrubbed_at IS NOT NULL OR scrubbed_by IS NOT NULL AS scrubbed
              FROM events
             WHERE scope = :scope AND id > :after AND id >= :low AND id < :high {seeking}
             ORDER BY id
             LIMIT :limit) AS seen
      LEFT JOIN locations AS location ON location.id = seen.location_id
      LEFT JOIN clients AS client ON client.id = seen.client_id
     ORDER BY seen.id
"""

_SEEKING = {
    "user": "AND user_id = :user",
    "project": "AND project_id = :project",
    "tag": "AND hashtext(tag) = hashtext(:tag) AND tag = :tag",
    "tags": "AND tag = ANY(:tags)",
}

_UPDATE = """
    UPDATE {partition} AS event
       SET location_id = new.location_id, client_id = new.client_id
      FROM unnest(CAST(:ids AS uuid[]), CAST(:location_ids AS int[]), CAST(:client_ids AS int[]))
           AS new (id, location_id, client_id)
     WHERE event.scope = :scope AND event.id = new.id
       AND event.scrubbed_at IS NULL AND event.scrubbed_by IS NULL
"""


class Derived(NamedTuple):
    """An event's facts, and the derivations that it points to.

    Attributes:
        partition: where it lies, as SQL names it.
        location: source and build of its location; None without one.
        client: build of its client; None without one.
        scrubbed: something was taken from it; then it is to be left alone.
    """

    id: UUID
    partition: str
    ip: str | None
    user_agent: str | None
    location_id: int | None
    location: tuple[str, str] | None
    client_id: int | None
    client: str | None
    scrubbed: bool


class Change(NamedTuple):
    """Where an event is to point from now on."""

    id: UUID
    partition: str
    location_id: int | None
    client_id: int | None


def window(
    connection: Connection, filters: EnrichFilters, scope: str, after: UUID, limit: int
) -> list[Derived]:
    """The next events of one scope, in order of their ids.

    At most *limit* rows of a partition are looked at, or of an index where one leads to the
    filter's events; whether they need anything is for the caller to say.

    Args:
        connection: in a transaction.
        filters: with an end.
        scope: whose.
        after: the id of the last event that was seen.
        limit: the most to look at.
    """
    since, until = filters.range
    values: dict[str, Any] = {"scope": scope, "after": after, "limit": limit}
    values |= {"low": id_floor(since), "high": id_floor(until)}
    sought = _sought(filters)
    statement = text(_WINDOW.format(seeking=" ".join(_SEEKING[name] for name in sought)))
    with translated():
        return [_derived(row) for row in connection.execute(statement, values | sought)]


def write(connection: Connection, scope: str, changes: Sequence[Change]) -> int:
    """Let events point to other derivations; returns how many did. Facts stay as they are.

    One that was scrubbed since it was looked at is left alone.
    """
    changed = 0
    for partition in sorted({change.partition for change in changes}):
        of_it = [change for change in changes if change.partition == partition]
        values = {
            "scope": scope,
            "ids": [str(change.id) for change in of_it],
            "location_ids": [change.location_id for change in of_it],
            "client_ids": [change.client_id for change in of_it],
        }
        with translated():
            changed += connection.execute(text(_UPDATE.format(partition=partition)), values).rowcount
    return changed


def _sought(filters: EnrichFilters) -> dict[str, Any]:
    found: dict[str, Any] = {"user": filters.user, "project": filters.project}
    if len(filters.tags) == 1:
        found["tag"] = filters.tags[0]
    elif filters.tags:
        found["tags"] = list(filters.tags)
    return {name: value for name, value in found.items() if value is not None}


def _derived(row: Row[Any]) -> Derived:
    return Derived(
        row.id,
        row.partition,
        row.ip,
        row.user_agent,
        row.location_id,
        None if row.location_id is None else (row.source, row.location_build),
        row.client_id,
        row.client_build,
        row.scrubbed,
    )
