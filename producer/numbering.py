"""Each process numbers its events 1, 2, 3 …, so that a reader can tell whether one is missing.

A number is given at the last moment, to an event that is about to be delivered. If
its caller is then told that it was not recorded, the number is void, and a later
event says so.
"""

from __future__ import annotations

import os
import re
import socket
from collections import deque
from itertools import count
from weakref import WeakSet

from .event import MAX_BYTES, MAX_SEQUENCE, MAX_VOIDS

MAX_NAME = 32  # characters
MOST_VOIDS = 10_000
"""That wait for an event to report them. Beyond, the oldest are forgotten, and will be looked for in vain."""

ROOM = 1_536
"""Bytes that a number and `MAX_VOIDS` voids may take. An event without so much room left stays unnumbered."""

UNFIT = re.compile(r"[^A-Za-z0-9._-]")
_all: WeakSet[Numbering] = WeakSet()


class Numbering:
    """Numbers the events that go to one stream. For any number of threads, and processes after a fork.

    Args:
        name: of the application; without it, the host's.
    """

    def __init__(self, name: str | None = None) -> None:
        self._name = UNFIT.sub("-", name or socket.gethostname())[:MAX_NAME] or "-"
        self._line = _Line(self._name)
        _all.add(self)

    @property
    def producer(self) -> str:
        """What this process is called on the wire; made anew after a fork and after the last number."""
        return self._line.producer

    def number(self, payload: bytes) -> tuple[bytes, tuple[int, ...]]:
        """An event with its number.

        Args:
            payload: an event as JSON, without one.

        Returns:
            The event, and the numbers that it is answerable for: its own and the voids that it reports.
        """
        if len(payload) > MAX_BYTES - ROOM:
            return payload, ()
        line = self._line
        number = next(line.numbers)
        if number > MAX_SEQUENCE:
            self.renew()
            return self.number(payload)
        if line.voids:
            voids = line.take_voids()
            reported = b",".join([b"%d" % void for void in voids])
            return b'%b%b%d,"voids":[%b]}' % (payload[:-1], line.prefix, number, reported), (number, *voids)
        return b"%b%b%d}" % (payload[:-1], line.prefix, number), (number,)

    def void(self, numbers: tuple[int, ...]) -> None:
        """No event has these numbers: the caller was told so."""
        self._line.voids.extend(numbers)

    def renew(self) -> None:
        """Begin again at 1 under another name."""
        self._line = _Line(self._name)


class _Line:
    """One run of numbers: whose, which is next, and which no event has. Each step of it is atomic."""

    __slots__ = ("numbers", "prefix", "producer", "voids")

    def __init__(self, name: str) -> None:
        self.producer = f"{name}:{os.getpid()}:{os.urandom(5).hex()}"
        self.prefix = b',"producer":"%b","seq":' % self.producer.encode()
        self.numbers = count(1)
        self.voids: deque[int] = deque(maxlen=MOST_VOIDS)

    def take_voids(self) -> list[int]:
        """The oldest voids, as many as an event may report."""
        taken: list[int] = []
        while len(taken) < MAX_VOIDS:
            try:
                taken.append(self.voids.popleft())
            except IndexError:  # another thread was quicker
                break
        return taken


def _after_fork() -> None:
    for numbering in list(_all):
        numbering.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
