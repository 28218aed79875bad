"""A fuse against a bad deploy: when most of what arrives is rejected, the fault is likely ours.

Then it is better to stop and let the stream grow, with an alarm, than to turn
everything into dead letters. A few bad messages among many never blow it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import redis

from trailkeeper.producer.stream_keys import minute_key

from .fates import FuseBlown
from .stream import redis_translated

REJECTS = 500
RATIO = 0.5


class Fuse:
    """Counts the fleet's last two minutes; asked before a batch is written.

    What an application quarantined does not count: it said itself that it was wrong.
    """

    def __init__(
        self, client: redis.Redis, key: str, *, rejects: int = REJECTS, ratio: float = RATIO
    ) -> None:
        self._client = client
        self._key = key
        self._rejects = rejects
        self._ratio = ratio

    def check(self, accepted: int, rejected: int) -> None:
        """Raise `FuseBlown` if writing this batch would reject too large a part of what arrived lately."""
        if not rejected:
            return
        stored, dead = self._lately()
        dead += rejected
        total = stored + accepted + dead
        if dead >= self._rejects and dead > self._ratio * total:
            raise FuseBlown(
                f"{dead} of the last {total} messages can not be stored; nothing is rejected any more"
            )

    def _lately(self) -> tuple[int, int]:
        now = datetime.now(UTC)
        minutes = [minute_key(self._key, moment) for moment in (now, now - timedelta(minutes=1))]
        with redis_translated():
            found = [
                self._client.hmget(minute, "stored", "dead_lettered", "quarantined") for minute in minutes
            ]
        stored, dead, quarantined = (
            sum(int(count or 0) for count in counts) for counts in zip(*found, strict=True)
        )
        return stored, dead - quarantined
