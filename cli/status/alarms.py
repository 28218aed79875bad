"""Alarms and since when they hold, derived from what `collect` returned.

Each time is stored somewhere: the oldest waiting message, the note of an outage, the last
write that Redis took. So it is the same for everyone, and after restarts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from trailkeeper.cli.times import duration, moment
from trailkeeper.producer.counted import counted

OLD_SECONDS = 60.0
"""How long a message may wait before that is an alarm."""

REJECTIONS = 500
"""How many dead letters within the minutes of `rate` are an alarm, if they are most of what came."""

Status = Mapping[str, Mapping[str, Any]]


class Alarm(msgspec.Struct, frozen=True):
    """Something is wrong.

    Attributes:
        name: of the kind; stable.
        what: one sentence, without a full stop.
        since: when it began; None if that is not known.
        seconds: since then.
    """

    name: str
    what: str
    since: datetime | None
    seconds: float | None

    def __str__(self) -> str:
        if self.since is None or self.seconds is None:
            return f"{self.what}; since when is not known"
        return f"{self.what}, since {moment(self.since)} ({duration(self.seconds)})"


def alarms(status: Status, now: datetime | None = None) -> list[Alarm]:
    """What is wrong, the most general cause first.

    Args:
        status: its parts by name, as `collect` returns them.
        now: the present, for tests.
    """
    present = now or datetime.now(UTC)
    raised = []
    for name, what, since in _all(status, present):
        seconds = None if since is None else max(0.0, (present - since).total_seconds())
        raised.append(Alarm(name, what, since, None if seconds is None else round(seconds, 1)))
    return raised


Raised = Iterator[tuple[str, str, datetime | None]]


def _all(status: Status, now: datetime) -> Raised:
    yield from _redis(status, now)
    yield from _postgres(status)
    yield from _drains(status)
    yield from _rejections(status.get("rate", {}))
    yield from _stranded(status.get("stream", {}), now)
    for part, name, what in WAITING:
        yield from _waiting(status.get(part, {}), name, what, now)
    yield from _missing(status.get("completeness", {}))
    seen = status.get("beat", {}).get("seen")
    if seen is not None and (now - seen).total_seconds() > OLD_SECONDS:
        yield "beat_silent", "beat was not seen for a minute: nothing is purged", seen


WAITING = (
    ("stream", "backlog_old", "events wait in the stream"),
    ("outbox", "outbox_waiting", "committed events wait in the outbox"),
    ("spool", "spool_waiting", "events wait in the spool of this machine"),
)


def _redis(status: Status, now: datetime) -> Raised:
    redis = status.get("redis", {})
    if "unknown" in redis:
        # events emitted since then were spooled; without one, nobody noticed
        yield "redis_unreachable", redis["unknown"], _oldest(status.get("spool", {}), now)
    elif redis.get("refuses"):
        yield "redis_refuses_writes", f"Redis refuses writes: {redis['refuses']}", redis["last_write"]
    elif "unknown" in status.get("stream", {}):
        yield "stream_refused", status["stream"]["unknown"], _oldest(status.get("spool", {}), now)


def _postgres(status: Status) -> Raised:
    outbox = status.get("outbox", {})
    if "unknown" in outbox:
        paused = status.get("stream", {}).get("paused") or {}
        since = paused["since"] if paused.get("cause") == "store" else None
        yield "postgres_unreachable", outbox["unknown"], since


def _drains(status: Status) -> Raised:
    paused = status.get("stream", {}).get("paused")
    if paused is not None and "unknown" not in status.get("outbox", {}):
        yield "drains_wait", f"drains wait: {paused['detail']}", paused["since"]


def _waiting(part: Mapping[str, Any], name: str, what: str, now: datetime) -> Raised:
    oldest = _oldest(part, now)
    if oldest is not None and (now - oldest).total_seconds() > OLD_SECONDS:
        number = part["waiting"] + part.get("being_stored", 0)
        yield name, f"{number:,} {what}", oldest


def _rejections(rate: Mapping[str, Any]) -> Raised:
    rejected = rate.get("dead_lettered", 0) - rate.get("quarantined", 0)
    total = rejected + rate.get("stored", 0)
    if rejected >= REJECTIONS and rejected > total / 2:
        what = f"{rejected:,} of the last {total:,} messages became dead letters"
        yield "most_rejected", f"{what}: `trailkeeper dead-letters list` says why", None


def _stranded(part: Mapping[str, Any], now: datetime) -> Raised:
    if part.get("stranded"):
        what = "entries of the stream were stranded, as by a restart of Redis; drains store them"
        yield "entries_stranded", f"{part['stranded']:,} {what}", _oldest(part, now)


def _missing(part: Mapping[str, Any]) -> Raised:
    if part.get("missing"):
        yield (
            "events_missing",
            f"{counted(part['missing'], 'numbered event is', 'numbered events are')} missing",
            part["since"],
        )


def _oldest(part: Mapping[str, Any], now: datetime) -> datetime | None:
    seconds = part.get("oldest_seconds")
    return None if seconds is None else now - timedelta(seconds=seconds)
