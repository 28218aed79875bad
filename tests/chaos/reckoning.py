"""Counting what is in the tables, past everything of ours that might count wrongly."""

from __future__ import annotations

from typing import Any

import msgspec

from tests.support.drains import query

IMPORTED = "imported_by IS NOT NULL"


class Sums(msgspec.Struct, frozen=True):
    """What the tables hold of the imported events.

    Attributes:
        user: events of scope `user`.
        project: events of scope `project`.
        of_users: events of scope `user`, by user.
        names: events that carry a user's name, by that name.
        actors: events, by actor.
        cities: events, by city of their location.
        purged: by the rows of `purges`.
        purged_told: by the events that tell of purges.
        holds: holds in force, by whose events they keep.
        unfinished: purges and backfills that have not ended.
    """

    user: int
    project: int
    of_users: dict[str, int]
    names: dict[str, int]
    actors: dict[str, int]
    cities: dict[str, int]
    purged: int
    purged_told: int
    holds: dict[str, int]
    unfinished: int

    def naming(self, user: str) -> int:
        """How many events carry the user's name."""
        return self.names.get(f"Name of {user}", 0)

    def acting(self, user: str) -> int:
        """How many events the user acted in."""
        return self.actors.get(user, 0)


def counts(url: str) -> dict[str, int]:
    """Imported events by scope."""
    return _grouped(url, f"SELECT scope, count(*) FROM events WHERE {IMPORTED} GROUP BY 1")


def sums(url: str) -> Sums:
    """Everything counted."""
    by_scope = counts(url)
    told = "FROM events WHERE tag = 'system:purge:finish'"
    return Sums(
        user=by_scope.get("user", 0),
        project=by_scope.get("project", 0),
        of_users=_grouped(
            url, f"SELECT user_id, count(*) FROM events WHERE {IMPORTED} AND scope = 'user' GROUP BY 1"
        ),
        names=_grouped(
            url, f"SELECT coalesce(user_name, actor_name), count(*) FROM events WHERE {IMPORTED} GROUP BY 1"
        ),
        actors=_grouped(url, f"SELECT actor_id, count(*) FROM events WHERE {IMPORTED} GROUP BY 1"),
        cities=_grouped(
            url,
            "SELECT l.city, count(*) FROM events e JOIN locations l ON l.id = e.location_id"
            " WHERE e.imported_by IS NOT NULL GROUP BY 1",
        ),
        purged=_number(url, "SELECT coalesce(sum(events), 0) FROM purges"),
        purged_told=_number(url, f"SELECT coalesce(sum((additional->>'events')::int), 0) {told}"),
        holds=_grouped(url, "SELECT subject_id, count(*) FROM holds WHERE released_at IS NULL GROUP BY 1"),
        unfinished=_number(url, "SELECT count(*) FROM purges WHERE finished_at IS NULL")
        + _number(url, "SELECT count(*) FROM backfills WHERE state IN ('running', 'paused')"),
    )


def told(url: str) -> dict[str, int]:
    """Events about the operations, by tag."""
    return _grouped(
        url,
        "SELECT tag, count(*) FROM events WHERE split_part(tag, ':', 1) IN ('system', 'admin')"
        " GROUP BY 1 ORDER BY 1",
    )


def _grouped(url: str, statement: str) -> dict[str, int]:
    rows: list[Any] = [tuple(row.values()) for row in query(url, statement)]
    return {key: int(number) for key, number in rows if key is not None}


def _number(url: str, statement: str) -> int:
    [row] = query(url, statement)
    return int(next(iter(row.values())) or 0)
