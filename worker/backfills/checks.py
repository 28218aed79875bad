"""Checks a request before anything is changed: is it valid, and is there anything to do?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from trailkeeper.models.backfills import EnrichFilters, ReplayFilters
from trailkeeper.models.backfills.dead_letters import last_id, missing, number
from trailkeeper.models.backfills.purged import gone
from trailkeeper.models.partitions import existing
from trailkeeper.producer.catalogue import Catalogue, EventType


class InvalidRequest(ValueError):  # noqa: N818 - what it says
    """The arguments contradict each other or the catalogue; nothing was changed."""


class NothingToDo(LookupError):  # noqa: N818 - what it says
    """No events or dead letters match; nothing was changed."""


def enrich_filters(
    connection: Connection, catalogue: Catalogue, filters: EnrichFilters, now: datetime | None = None
) -> EnrichFilters:
    """Filters that can be walked: with an end, of tags that there are, of a time that is not purged.

    Raises:
        InvalidRequest: an unknown tag, one of another scope, or a time that is yet to come.
        NothingToDo: all of it was purged.
    """
    now = now or datetime.now(UTC)
    kinds = [_kind(catalogue, tag) for tag in filters.tags]
    for kind in kinds:
        if filters.scope and kind.scope != filters.scope:
            raise InvalidRequest(f"events of {kind.tag} are of the scope {kind.scope}, not {filters.scope}")
    if filters.since and filters.since > now:
        raise InvalidRequest(f"nothing has happened since {filters.since.isoformat()} yet")
    walkable = replace(filters.ending(now), tags=tuple(kind.tag for kind in kinds))
    if before := gone(connection, walkable):
        day = before.isoformat(timespec="seconds")
        raise NothingToDo(f"nothing is left of it: events before {day} were purged")
    return walkable


def replay_filters(
    connection: Connection, reasons: Sequence[str] = (), ids: Sequence[int] = ()
) -> ReplayFilters:
    """Those dead letters that are there now.

    Raises:
        NothingToDo: there are none, or one of the ids is not a dead letter's.
    """
    assert_dead_letters(connection, ids)
    filters = ReplayFilters(last_id(connection), tuple(reasons), tuple(ids))
    if not number(connection, filters):
        of = f" of the reason {', '.join(reasons)}" if reasons else ""
        raise NothingToDo(f"there are no dead letters{of}")
    return filters


def assert_dead_letters(connection: Connection, ids: Sequence[int]) -> None:
    """Raise `NothingToDo` if one of the ids is no dead letter's."""
    if absent := missing(connection, ids):
        raise NothingToDo(f"no dead letter has the id {', '.join(map(str, absent))}")


def estimated(connection: Connection, filters: EnrichFilters) -> int | None:
    """How many events there are to see, as far as statistics know; None where a filter makes that a guess."""
    if filters.user or filters.project or filters.tags:
        return None
    since, until = filters.range
    partitions = [part for part in existing(connection) if part.scope in filters.scopes]
    return sum(part.rows for part in partitions if part.start < until and part.end > since)


def _kind(catalogue: Catalogue, tag: str) -> EventType:
    kind = catalogue.get(tag)
    if kind is None:
        closest = catalogue.closest(tag)
        raise InvalidRequest(
            f"no event type is called {tag}{f'; did you mean {closest}?' if closest else ''}"
        )
    return kind
