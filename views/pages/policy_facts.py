"""The retention policy in force, as a worker told it: it is the workers' settings that count, not ours."""

from __future__ import annotations

from typing import Any

import msgspec

from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.stream_keys import policy_key
from trailkeeper.views.settings import ViewsSettings
from trailkeeper.views.stream import connected


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
        with connected(settings) as client:
            told: Any = client.get(policy_key(settings.stream))
            return None if told is None else msgspec.json.decode(bytes(told), type=list[PolicyLine])
    except (StreamUnavailable, msgspec.DecodeError):
        return None
