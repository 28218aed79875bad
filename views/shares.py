"""How many of something may run at once, with room kept for who is signed in, and more for admins.

Anybody can come from many addresses; to be signed in takes an account. So strangers together never have
all of anything, nor do people who are signed in: an admin gets in whatever the others do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from enum import IntEnum
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from .viewer import ANYBODY, Viewer


class Rank(IntEnum):
    """For whom something runs."""

    STRANGER = 0
    PERSON = 1
    ADMIN = 2


class Taker(NamedTuple):
    """Who takes a share: a rank, and the user or the network that it is counted for."""

    rank: Rank
    key: str


def taker(viewer: Viewer, address: str | None) -> Taker:
    """Who a viewer is for limits; who is not signed in is their network.

    Args:
        viewer: who asks.
        address: of the client.
    """
    if viewer == ANYBODY:
        return Taker(Rank.STRANGER, network(address))
    rank = Rank.ADMIN if viewer.staff else Rank.PERSON
    return Taker(rank, f"id {viewer.user_id}" if viewer.user_id else f"signed in at {network(address)}")


def network(address: str | None) -> str:
    """The address; of IPv6 its /64, because whoever has one address of it has all of them."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return address or "unknown"
    return str(parsed) if parsed.version == 4 else str(ip_network(f"{parsed}/64", strict=False))  # noqa: PLR2004 - IPv4


def once(call: Callable[[], None]) -> Callable[[], None]:
    """Something to call any number of times, from any thread, that calls *call* the first time only."""
    left = [call]

    def first() -> None:
        try:
            due = left.pop()
        except IndexError:
            return
        due()

    return first


class Shares:
    """What runs at the moment. Not for several threads at once.

    Args:
        strangers: the most of all strangers together.
        people: the most of strangers and people who are signed in.
        most: of everybody.
        each: of one person, or of one network of strangers.
    """

    def __init__(self, strangers: int, people: int, most: int, each: int) -> None:
        self._most = {Rank.STRANGER: strangers, Rank.PERSON: people, Rank.ADMIN: most}
        self.each = each
        self._ranks: Counter[Rank] = Counter()
        self._keys: Counter[str] = Counter()

    def has_own(self, who: Taker) -> bool:
        """Whether somebody has not all that one may have."""
        return self._keys[who.key] < self.each

    def has_room(self, who: Taker) -> bool:
        """Whether there is one left for somebody of this rank."""
        return all(
            sum(count for of, count in self._ranks.items() if of <= rank) < most
            for rank, most in self._most.items()
            if rank >= who.rank
        )

    def take(self, who: Taker) -> None:
        """Count one more."""
        self._ranks[who.rank] += 1
        self._keys[who.key] += 1

    def give_back(self, who: Taker) -> None:
        """Count one less."""
        self._ranks[who.rank] -= 1
        self._keys[who.key] -= 1
        if not self._keys[who.key]:
            del self._keys[who.key]
