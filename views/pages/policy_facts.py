"""The retention policy in force, as a worker told it: it is the workers' settings that count, not ours."""

from __future__ import annotations

import msgspec
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from producer.errors import StreamUnavailable
from producer.stream_keys import policy_key
from producer.transports.redis_errors import translated
from views.settings import ViewsSettings
from views.stream_metrics import SECONDS


class PolicyLine(msgspec.Struct, frozen=True):
    """One line: what happens to whose events at which age; *days* None for never."""

    action: str
    scope: str | None
    tag: str | None
    days: int | None
    minimum: int


def policy_lines(settings: ViewsSettings) -> list[PolicyLine] | None:
    """Its lines; None where Redis does not answer, or no worker has told it yet."""
    try:
        with (
            translated("the address of TRAILKEEPER_REDIS_URL"),
            redis.Redis.from_url(
                settings.redis_url,
                socket_timeout=SECONDS,
                socket_connect_timeout=SECONDS,
                retry=Retry(NoBackoff(), 0),
                protocol=2,
            ) as client,
        ):
            told = client.get(policy_key(settings.stream))
            return None if told is None else msgspec.json.decode(bytes(told), type=list[PolicyLine])
    except (StreamUnavailable, msgspec.DecodeError):
        return None
