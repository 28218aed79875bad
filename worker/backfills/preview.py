"""What a backfill would do: counted and shown by example, with nothing changed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from math import inf
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine

from trailkeeper.models.backfills import EnrichFilters, ReplayFilters
from trailkeeper.models.backfills.dead_letters import take
from trailkeeper.models.backfills.enriching import Derived
from trailkeeper.models.backfills.purged import floors
from trailkeeper.models.engine import transaction
from trailkeeper.models.writing import count_stored
from trailkeeper.producer.lines import EventLine
from trailkeeper.worker.enrich import Derivation, Enrichment
from trailkeeper.worker.ingest.derive import Fact
from trailkeeper.worker.ingest.judge import judge_all
from trailkeeper.worker.ingest.messages import Accepted, Rejected

from .blocks import from_lines, staged
from .dead_letters import messages_of
from .event_file import EventFile, keyed
from .importing import refusing_purged
from .parts import BackfillParts

SAMPLE = 5
LINES = 1_000
PER_SECOND = {"enrich": 8_000, "import": 10_000, "dead_letters": 4_000}
"""What one worker on a small machine does at least, for a first estimate."""


class Preview(msgspec.Struct):
    """What would be done.

    Attributes:
        seen: events, lines or dead letters that would be read.
        changed: those that would be derived anew, or stored.
        skipped: those that need nothing.
        rejected: those that could not be stored, by reason.
        sample: the first of those that would change.
        bad: the first of those that could not be stored.
        complete: False where there was not the time to look at all of them.
    """

    kind: str
    seen: int = 0
    changed: int = 0
    skipped: int = 0
    rejected: Counter[str] = msgspec.field(default_factory=Counter)
    sample: list[dict[str, Any]] = []
    bad: list[dict[str, Any]] = []
    complete: bool = True

    def seconds(self, throttle: int | None, of: int | None = None) -> float:
        """About how long it would take; for *of* of them, where more are known of than were seen."""
        rate = PER_SECOND[self.kind]
        return (self.seen if of is None else of) / (min(rate, throttle) if throttle else rate)

    def reject(self, rejected: Iterable[Rejected]) -> None:
        """Count what could not be stored."""
        for rejection in rejected:
            self.rejected[rejection.reason] += 1
            if len(self.bad) < SAMPLE:
                place = int(rejection.message.stream_id)
                self.bad.append({"at": place, "reason": rejection.reason, "detail": rejection.detail})


def preview_enrich(
    engine: Engine, parts: BackfillParts, filters: EnrichFilters, seconds: float = inf
) -> Preview:
    """Walk the events of a backfill and count which would be derived anew; stop after *seconds*."""
    preview, ends = Preview("enrich"), time.monotonic() + seconds
    cursor: dict[str, str] | None = None
    while True:
        with transaction(engine) as connection:
            seen, cursor = parts.enrich.window(connection, filters, cursor, parts.enrich.size)
        facts = zip(*parts.enrich.facts(filters, seen), strict=True)
        _add_events(preview, parts.enrichments, zip(seen.events, facts, strict=True))
        preview.complete = cursor is None
        if preview.complete or time.monotonic() > ends:
            return preview


def preview_import(engine: Engine, parts: BackfillParts, source: EventFile) -> Preview:
    """Read a file to its end and judge each line."""
    preview = Preview("import")
    with transaction(engine) as connection:
        purged = floors(connection)
    for lines in _batches(keyed(source, engine).lines()):
        messages, unread = from_lines(map(staged, lines))
        judge = refusing_purged(parts.judge.judge, purged)
        accepted, rejected = judge_all(messages, judge, datetime.now(UTC))
        preview.reject(sorted([*unread, *rejected], key=lambda rejection: int(rejection.message.stream_id)))
        with transaction(engine) as connection:
            _add_accepted(connection, preview, accepted)
        preview.seen += len(lines)
    return preview


def preview_replay(
    engine: Engine, parts: BackfillParts, filters: ReplayFilters, seconds: float = inf
) -> Preview:
    """Judge dead letters anew; stop after *seconds*."""
    preview, ends = Preview("dead_letters"), time.monotonic() + seconds
    after = 0
    while True:
        with transaction(engine) as connection:
            letters = take(connection, filters, after, parts.replay.size, lock=False)
            messages = messages_of(connection, letters)
            accepted, rejected = judge_all(messages, parts.replay.judging(letters), datetime.now(UTC))
            _add_accepted(connection, preview, accepted)
        preview.reject(rejected)
        preview.seen += len(letters)
        preview.complete = len(letters) < parts.replay.size
        if preview.complete or time.monotonic() > ends:
            return preview
        after = letters[-1].id


def _add_events(
    preview: Preview, enrichments: Sequence[Enrichment], events: Iterable[tuple[Derived, Sequence[Fact]]]
) -> None:
    for event, facts in events:
        preview.seen += 1
        # what cannot be derived now, as its files are missing, stays as it is
        derived = {
            enrichment.name: fact and enrichment.find(fact)
            for enrichment, fact in zip(enrichments, facts, strict=True)
        }
        if not any(derived.values()):
            preview.skipped += 1
            continue
        preview.changed += 1
        if len(preview.sample) < SAMPLE:
            displays = {name: derivation and _display(derivation) for name, derivation in derived.items()}
            preview.sample.append({"id": event.id, "ip": event.ip, **displays})


def _display(derived: Derivation) -> str | None:
    """A derivation for people; of an address without location, the reason."""
    return derived.display or getattr(derived, "reason", None)


def _add_accepted(connection: Connection, preview: Preview, accepted: list[Accepted]) -> None:
    there = 0
    for scope in {judged.event_type.scope for judged in accepted}:
        ids = [judged.event.id for judged in accepted if judged.event_type.scope == scope]
        there += count_stored(connection, scope, ids)
    preview.skipped += there
    preview.changed += len(accepted) - there
    for judged in accepted[: SAMPLE - len(preview.sample)]:
        event = judged.event
        about = {"at": int(judged.message.stream_id), "id": str(event.id), "tag": event.tag}
        preview.sample.append(about | {"occurred_at": event.occurred_at.isoformat()})


def _batches(lines: Iterator[EventLine]) -> Iterator[list[EventLine]]:
    while batch := list(islice(lines, LINES)):
        yield batch
