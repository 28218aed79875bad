"""What an admin asks for, recorded as an event in the transaction that does it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from trailkeeper.models.backfills import EnrichFilters, ReplayFilters, StoredBackfill, add, change, find
from trailkeeper.models.backfills.dead_letters import number, remove
from trailkeeper.models.backfills.staging import add_file, under_way
from trailkeeper.producer.catalogue import Catalogue
from trailkeeper.worker.recording import record, staff

from .checks import InvalidRequest, assert_dead_letters, estimated
from .dead_letters import gone


class Requests:
    """What one admin asks for, in one transaction.

    Args:
        connection: in that transaction.
        catalogue: knows the tags under which it is recorded.
        requested_by: the admin's name.
    """

    def __init__(self, connection: Connection, catalogue: Catalogue, requested_by: str) -> None:
        self._connection = connection
        self._catalogue = catalogue
        self._requested_by = requested_by

    def enrich(self, filters: EnrichFilters, throttle: int | None = None) -> int:
        """Start deriving location, client and network anew; returns the backfill's id.

        Args:
            filters: as `checks.enrich_filters` gives them.
            throttle: the most events to see in a second.
        """
        estimate = estimated(self._connection, filters)
        return self._start("enrich", filters.as_json(), throttle, estimate)

    def replay(self, filters: ReplayFilters, throttle: int | None = None) -> int:
        """Start trying dead letters again; returns the backfill's id.

        Args:
            filters: as `checks.replay_filters` gives them.
            throttle: the most dead letters to read in a second.
        """
        count, chosen = number(self._connection, filters), filters.as_json()
        identity = self._add("dead_letters", chosen, throttle, count)
        facts = {"count": count, "filters": chosen, "backfill_id": str(identity)}
        self._record("admin:dead_letters:replay", facts)
        return identity

    def take_file(self, name: str, digest: bytes, throttle: int | None = None) -> StoredBackfill:
        """Start the import of a file, or resume the one of the same file that has not ended."""
        identity = under_way(self._connection, digest)
        if identity is None:
            identity = self._start("import", {"file": name}, throttle, None)
            add_file(self._connection, identity, name, digest)
        job = self._find(identity)
        return job if job.state == "running" else self.change(identity, "resume")

    def change(self, identity: int, action: str) -> StoredBackfill:
        """Pause, resume or cancel a backfill; returns it as it is then.

        Raises:
            NoSuchBackfill: there is none of this id.
            WrongState: it is not in a state for that.
        """
        before = change(self._connection, identity, action)
        facts = {"backfill_id": str(identity), "kind": before.kind}
        self._record(f"admin:backfill:{action}", facts)
        return self._find(identity)

    def discard(self, ids: Sequence[int], reason: str) -> int:
        """Remove dead letters for good; returns how many.

        Raises:
            InvalidRequest: no reason is given.
            NothingToDo: one of the ids is not a dead letter's.
        """
        if not reason.strip():
            raise InvalidRequest("a reason is needed, as the messages are lost for good")
        assert_dead_letters(self._connection, ids)
        removed = remove(self._connection, ids)
        gone(self._connection, removed, "discarded")
        count = len(removed)
        facts = {"count": count, "reason": reason, "filters": {"ids": sorted(set(ids))}}
        self._record("admin:dead_letters:discard", facts)
        return count

    def _start(self, kind: str, filters: dict[str, Any], throttle: int | None, estimate: int | None) -> int:
        identity = self._add(kind, filters, throttle, estimate)
        self._record("admin:backfill:start", {"backfill_id": str(identity), "kind": kind, "filters": filters})
        return identity

    def _add(self, kind: str, filters: dict[str, Any], throttle: int | None, estimate: int | None) -> int:
        return add(
            self._connection,
            kind=kind,
            filters=filters,
            requested_by=self._requested_by,
            throttle=throttle,
            estimate=estimate,
        )

    def _find(self, identity: int) -> StoredBackfill:
        job = find(self._connection, identity)
        assert job is not None
        return job

    def _record(self, tag: str, facts: dict[str, Any]) -> None:
        record(self._connection, self._catalogue, tag, staff(self._requested_by), facts)
