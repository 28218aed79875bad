"""The counter beside every emit: one call records the event and counts it.

An application hands one of these to ``producer.configure(metrics=...)``; without,
nothing is counted. Adapters: `producer.metrics.prometheus`, `producer.metrics.statsd`.
"""

from __future__ import annotations

from typing import Literal, Protocol

MetricName = Literal[
    "trailkeeper.events",  # every emit, tagged `tag:<tag>` and `outcome:<outcome>`
    "trailkeeper.secrets",  # every secret that was removed from an event's payload, tagged `tag:<tag>`
]
"""Every metric that the producer counts."""

Outcome = Literal[
    "stream",  # Redis has it
    "spooled",  # Redis did not take it; the spool on this machine has it
    "logged",  # neither took it; a line of the log has it
    "dropped",  # a best-effort event that Redis did not take
    "refused",  # EventNotRecorded was raised: a required event that neither took
    "invalid",  # InvalidEvent was raised
    "outbox",  # written with the transaction of the caller, which may yet roll back
    "quarantined",  # the call was wrong, and the event is kept as a dead letter
]
"""What became of an emit."""


class Metrics(Protocol):
    """Something that counts."""

    def increment(self, name: str, tags: list[str]) -> None:
        """Add one.

        It is called within the request, about once an emit, from any thread: it must return at once. What it
        raises is logged, the first time, and does not reach the caller of emit.

        Args:
            name: one of `MetricName`.
            tags: ``key:value`` strings, such as ``outcome:stream``. Tags come from the catalogue, so their
                number is bounded; a tag that no catalogue knows is counted as ``tag:unknown``.
        """
