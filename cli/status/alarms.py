"""What somebody should look at, and since when: out of what `collect` found, so that it costs nothing more.

Each time comes from where it is kept: the oldest message that waits, the note of an
outage, the last write that Redis took. So it is the same whoever asks, and after restarts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from trailkeeper.cli.times import duration, moment

OLD_SECONDS = 60.0
"""How long a message may wait before that is an alarm."""

Parts = Mapping[str, Mapping[str, Any]]


class Alarm(msgspec.Struct, frozen=True):
    """Something is wrong.

    Attributes:
        name: of the kind, which does not change.
        what: one sentence without its full stop.
        since: when it began; None where nobody who can be asked knows.
        seconds: since then.
    """

    name: str
    what: str
    since: datetime | None
    seconds: float | None

    def __str__(self) -> str:
        if self.since is None or self.seconds is None:
            return f"{self.what}; it is not known since when"
        return f"{self.what}, since {moment(self.since)} ({duration(self.seconds)})"


def alarms(parts: Parts, now: datetime | None = None) -> list[Alarm]:
    """What is wrong, what explains the most first.

    Args:
        parts: by name, as `collect` returns them.
        now: what counts as the present.
    """
    moment_of_asking = now or datetime.now(UTC)
    found = []
    for name, what, since in _all(parts, moment_of_asking):
        seconds = None if since is None else max(0.0, (moment_of_asking - since).total_seconds())
        found.append(Alarm(name, what, since, None if seconds is None else round(seconds, 1)))
    return found


Found = Iterator[tuple[str, str, datetime | None]]


def _all(parts: Parts, now: datetime) -> Found:
    yield from _redis(parts, now)
    yield from _postgres(parts)
    yield from _drains(parts)
    for part, name, what in WAITING:
        yield from _waiting(parts.get(part, {}), name, what, now)
    yield from _missing(parts.get("completeness", {}))
    seen = parts.get("beat", {}).get("seen")
    if seen is not None and (now - seen).total_seconds() > OLD_SECONDS:
        yield "beat_silent", "beat gives no sign of life: nothing is purged", seen


WAITING = (
    ("stream", "backlog_old", "events wait in the stream"),
    ("outbox", "outbox_waiting", "committed events wait in the outbox"),
    ("spool", "spool_waiting", "events wait in the spool of this machine"),
)


def _redis(parts: Parts, now: datetime) -> Found:
    redis = parts.get("redis", {})
    if "unknown" in redis:
        # what came since then was spooled; without a spooled event, nobody noticed
        yield "redis_unreachable", redis["unknown"], _oldest(parts.get("spool", {}), now)
    elif redis.get("refuses"):
        yield "redis_refuses_writes", f"Redis refuses writes: {redis['refuses']}", redis["last_write"]


def _postgres(parts: Parts) -> Found:
    outbox = parts.get("outbox", {})
    if "unknown" in outbox:
        paused = parts.get("stream", {}).get("paused") or {}
        since = paused["since"] if paused.get("cause") == "store" else None
        yield "postgres_unreachable", outbox["unknown"], since


def _drains(parts: Parts) -> Found:
    paused = parts.get("stream", {}).get("paused")
    if paused is None:
        return
    if paused["cause"] == "rejection_limit":
        yield (
            "rejection_limit_exceeded",
            f"most of what comes is rejected: {paused['detail']}",
            paused["since"],
        )
    elif "unknown" not in parts.get("outbox", {}):
        yield "drains_wait", f"drains wait: {paused['detail']}", paused["since"]


def _waiting(part: Mapping[str, Any], name: str, what: str, now: datetime) -> Found:
    oldest = _oldest(part, now)
    if oldest is not None and (now - oldest).total_seconds() > OLD_SECONDS:
        number = part["waiting"] + part.get("being_stored", 0)
        yield name, f"{number:,} {what}", oldest


def _missing(part: Mapping[str, Any]) -> Found:
    if part.get("missing"):
        yield "events_missing", f"{part['missing']:,} numbered events came nowhere", part["since"]


def _oldest(part: Mapping[str, Any], now: datetime) -> datetime | None:
    seconds = part.get("oldest_seconds")
    return None if seconds is None else now - timedelta(seconds=seconds)
