"""Metrics: one call of `emit` records the event and counts it.

An application passes an object with this interface to ``configure(metrics=...)``; without
one, nothing is counted. Adapters: `producer.metrics.prometheus`, `producer.metrics.statsd`.
"""

from __future__ import annotations

from typing import Literal, Protocol

MetricName = Literal[
    "trailkeeper.events",  # every emit, tagged `tag:<tag>` and `outcome:<outcome>`
    "trailkeeper.secrets",  # every secret that was removed from an event's payload, tagged `tag:<tag>`
]
"""Every metric of the producer."""

Outcome = Literal[
    "stream",  # Redis has it
    "spooled",  # Redis did not take it; it is in the spool on this machine
    "logged",  # neither took it; it is in a line of the log
    "dropped",  # a best-effort event that Redis did not take
    "refused",  # EventNotRecorded was raised, for a required event that neither took
    "invalid",  # InvalidEvent was raised
    "outbox",  # inserted in the caller's transaction, which may still roll back
    "quarantined",  # the call was wrong; it is kept as a dead letter
]
"""What became of an emit."""


class Metrics(Protocol):
    """Something that counts."""

    def increment(self, name: str, tags: list[str]) -> None:
        """Add one.

        Called within the request, about once an emit, from any thread: it must return at once. An exception
        is logged, the first time, and does not reach the caller of emit.

        Args:
            name: one of `MetricName`.
            tags: ``key:value`` strings, such as ``outcome:stream``. Event tags come from the catalogue, so
                their number is bounded; an unknown one is counted as ``tag:unknown``.
        """
