"""Stops ingestion when most of what arrives is rejected: after a bad deploy the fault is likely ours.

Then it is better to stop and let the stream grow, with an alarm, than to turn
everything into dead letters. A few bad messages among many never exceed the limit.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import redis

from trailkeeper.producer.redis_client import redis_translated
from trailkeeper.producer.stream_keys import minute_key

from .fates import RejectionLimitExceeded

REJECTIONS = 500
RATIO = 0.5


class RejectionLimit:
    """Counts the whole fleet's last two minutes; checked before a batch is written.

    What an application quarantined does not count: it said itself that it was wrong.
    """

    def __init__(
        self, client: redis.Redis, stream_key: str, *, rejections: int = REJECTIONS, ratio: float = RATIO
    ) -> None:
        self._client = client
        self._stream_key = stream_key
        self._rejections = rejections
        self._ratio = ratio

    def check(self, accepted: int, rejected: int) -> None:
        """Raise `RejectionLimitExceeded` if this batch made too large a part of recent messages rejected."""
        if not rejected:
            return
        recently_stored, recently_rejected = self._recent()
        rejected += recently_rejected
        total = recently_stored + accepted + rejected
        if rejected >= self._rejections and rejected > self._ratio * total:
            raise RejectionLimitExceeded(
                f"{rejected} of the last {total} messages cannot be stored, so ingestion pauses"
            )

    def _recent(self) -> tuple[int, int]:
        now = datetime.now(UTC)
        minutes = [minute_key(self._stream_key, moment) for moment in (now, now - timedelta(minutes=1))]
        with redis_translated():
            counts = [
                self._client.hmget(minute, "stored", "dead_lettered", "quarantined") for minute in minutes
            ]
        stored, dead, quarantined = (
            sum(int(count or 0) for count in column) for column in zip(*counts, strict=True)
        )
        return stored, dead - quarantined
