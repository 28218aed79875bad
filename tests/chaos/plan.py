"""How much chaos: what the command's options say."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Server = Literal["valkey", "redis_8", "sentinels", "cluster"]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One run.

    Attributes:
        server: what holds the stream: one server, or several of which another takes over.
        events: how many requests emit one event each.
        rate: of requests a second, over all web processes.
        seed: of the choice of faults.
        faults: names of those that may happen; empty for all.
    """

    server: Server = "valkey"
    events: Annotated[int, msgspec.Meta(gt=0)] = 1_000_000
    rate: Annotated[float, msgspec.Meta(gt=0)] = 4_000.0
    seed: int = 1
    faults: tuple[str, ...] = ()
