"""Sequence number and signature, put on a message just before it is delivered.

Each process numbers its events 1, 2, 3 …, so that a reader can tell whether one is
missing. If the caller is then told that its event was not recorded, the number stays
unused, and a later event reports it.
"""

from __future__ import annotations

import os
import re
import socket
from collections import deque
from contextlib import suppress
from itertools import count, islice
from weakref import WeakSet

from .event import MAX_BYTES, MAX_SEQUENCE, MAX_VOIDS, NUMBER_ROOM
from .message import Message
from .signing import Signer

MAX_NAME = 32  # characters
MAX_UNUSED = 10_000
"""Unused numbers kept until an event reports them. Beyond, the oldest are forgotten and will look missing."""

NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]")
_stampers: WeakSet[Stamper] = WeakSet()


class Stamper:
    """Numbers and signs the messages to one stream. For any number of threads, and processes after a fork.

    Args:
        name: of the application; the host's name if not given.
        signer: signs every message; None without a key.
    """

    def __init__(self, name: str | None = None, signer: Signer | None = None) -> None:
        self._name = NOT_IN_NAMES.sub("-", name or socket.gethostname())[:MAX_NAME] or "-"
        self._signer = signer
        self._run = _Run(self._name)
        _stampers.add(self)

    @property
    def producer(self) -> str:
        """This process's name on the wire; a new one after a fork and after the last number."""
        return self._run.producer

    def stamp(self, message: Message) -> Message:
        """A message as it goes to the stream: numbered unless it is `best_effort`, and signed."""
        event_id, tag, payload, invalid, delivery, signature, _ = message
        run, numbers = self._run, list[int]()
        try:
            if delivery != "best_effort":
                payload = self._numbered(payload, numbers)
            if self._signer is not None:
                signature = self._signer.sign(payload, invalid)
            return Message(event_id, tag, payload, invalid, delivery, signature, tuple(numbers))
        except BaseException:
            run.unused.extend(numbers)  # whoever is stopped here gave them to no event
            raise

    def sign(self, message: Message) -> Message:
        """A message that was numbered where it was made; only signed here."""
        if self._signer is None:
            return message
        return message._replace(signature=self._signer.sign(message.payload, message.invalid))

    def number(self, payload: bytes) -> tuple[bytes, tuple[int, ...]]:
        """An event with its number.

        Args:
            payload: an event as JSON, without a number.

        Returns:
            The event, and the numbers that it answers for: its own and the unused ones that it reports.
        """
        numbers: list[int] = []
        return self._numbered(payload, numbers), tuple(numbers)

    def _numbered(self, payload: bytes, numbers: list[int]) -> bytes:
        if len(payload) > MAX_BYTES - NUMBER_ROOM:  # an event as large as that is not numbered
            return payload
        run = self._run
        # in one step, and what is noted here is not lost: whatever stops the caller strikes before or after
        numbers.extend(islice(run.numbers, 1))
        if (number := numbers[0]) > MAX_SEQUENCE:
            numbers.clear()
            self.restart()
            return self._numbered(payload, numbers)
        if run.unused:
            run.pop_unused(numbers)
            voids = b",".join([b"%d" % one for one in numbers[1:]])
            return b'%b%b%d,"voids":[%b]}' % (payload[:-1], run.prefix, number, voids)
        return b"%b%b%d}" % (payload[:-1], run.prefix, number)

    def mark_unused(self, message: Message) -> None:
        """The message was not recorded, and its caller knows: a later event reports its numbers."""
        self._run.unused.extend(message.numbers)

    def restart(self) -> None:
        """Number from 1 again, under another name."""
        self._run = _Run(self._name)


class _Run:
    """One run of numbers: whose, the next one, and those no event has. Each step is atomic."""

    __slots__ = ("numbers", "prefix", "producer", "unused")

    def __init__(self, name: str) -> None:
        self.producer = f"{name}:{os.getpid()}:{os.urandom(5).hex()}"
        self.prefix = b',"producer":"%b","seq":' % self.producer.encode()
        self.numbers = count(1)
        self.unused: deque[int] = deque(maxlen=MAX_UNUSED)

    def pop_unused(self, numbers: list[int]) -> None:
        """Append the oldest unused numbers, as many as one event may report."""
        with suppress(IndexError):  # there are no more
            numbers.extend(islice(iter(self.unused.popleft, None), MAX_VOIDS))


def _after_fork() -> None:
    for stamper in list(_stampers):
        stamper.restart()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
