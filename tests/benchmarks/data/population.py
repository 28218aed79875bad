"""Who and what the events are about: few do most, as everywhere (Zipf's law).

Ids of users, projects and organizations are numbers, as most applications have them, or
UUIDs, as a package index has; those of tokens are always UUIDs, those of sessions and
requests 32 hexadecimal digits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar
from uuid import UUID

from trailkeeper.producer.event import Subject

from .agents import browsers, installers

T = TypeVar("T")
Name = Callable[[Random, int], str]

USERS, PROJECTS, ORGANIZATIONS, ADDRESSES = 6_000, 9_000, 300, 20_000
FIRST = ("ada", "alex", "ben", "carla", "chris", "dana", "eli", "fatima", "george", "hana", "ines", "jan")
LAST = ("adams", "berg", "chen", "diaz", "evans", "fischer", "garcia", "haas", "ito", "jones", "kim", "lee")
WORDS = ("async", "data", "fast", "graph", "http", "json", "lint", "micro", "py", "queue", "tiny", "yaml")
THINGS = ("cache", "client", "core", "flow", "kit", "lab", "parser", "router", "store", "tools", "utils")
IPV6_NETS = ("2001:4860:4860:", "2a02:8108:8ac0:", "2600:1700:2df0:", "2a01:e0a:1f:", "2804:14c:65:")


class Pool(Generic[T]):
    """Things of which the *n*-th is taken 1/(n+10) as often."""

    def __init__(self, things: Sequence[T]) -> None:
        self._things = things
        self._weights = list(accumulate(1 / (rank + 10) for rank in range(len(things))))

    def take(self, random: Random) -> T:
        """One of them."""
        return random.choices(self._things, cum_weights=self._weights)[0]


class Population:
    """All of them, made from one seed.

    Args:
        random: decides everything.
        uuids: give subjects UUIDs, not numbers.
    """

    def __init__(self, random: Random, *, uuids: bool) -> None:
        self.users = Pool(_subjects(random, USERS, _user_name, uuids=uuids))
        self.projects = Pool(_subjects(random, PROJECTS, _project_name, uuids=uuids))
        self.organizations = Pool(_subjects(random, ORGANIZATIONS, _organization_name, uuids=uuids))
        self.addresses = Pool([_address(random) for _ in range(ADDRESSES)])
        self.browsers = Pool(browsers(random))
        self.installers = Pool(installers(random))


def an_id(random: Random) -> str:
    """A random UUID as text."""
    return str(UUID(int=random.getrandbits(128), version=4))


def _subjects(random: Random, count: int, name: Name, *, uuids: bool) -> list[Subject]:
    return [
        Subject(an_id(random) if uuids else str(number * 37 + 100), name(random, number))
        for number in random.sample(range(count), count)
    ]


def _user_name(random: Random, number: int) -> str:
    return f"{random.choice(FIRST)}.{random.choice(LAST)}{number}"


def _project_name(random: Random, number: int) -> str:
    return f"{_word(random)}-{random.choice(THINGS)}-{number}"


def _organization_name(random: Random, number: int) -> str:
    return f"{_word(random)}-org-{number}"


def _word(random: Random) -> str:
    return random.choice(WORDS)


def _address(random: Random) -> str:
    """A public one; every tenth of version 6."""
    if random.random() < 0.1:
        return str(
            IPv6Address(f"{random.choice(IPV6_NETS)}{random.getrandbits(12):x}::{random.getrandbits(16):x}")
        )
    while not (address := IPv4Address(random.getrandbits(32))).is_global or address.is_multicast:
        pass
    return str(address)
