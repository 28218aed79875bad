"""An event that was checked and waits for a commit. Once it is sent, nobody is left to refuse the action."""

from __future__ import annotations

import sys
from typing import NamedTuple, Never

from trailkeeper.producer.emitter import Emitter
from trailkeeper.producer.errors import EventNotRecorded, InvalidEvent
from trailkeeper.producer.facts import EventFacts
from trailkeeper.producer.log_line import log
from trailkeeper.producer.message import Message
from trailkeeper.producer.process import process_emitter
from trailkeeper.producer.receipt import Receipt


class DeferredMessage(NamedTuple):
    """A message, the emitter that sends it, and whether it is sent from within an event loop's greenlet."""

    emitter: Emitter
    message: Message
    asynchronous: bool = False

    @classmethod
    def of(cls, tag: str, unnamed: tuple[Never, ...], facts: EventFacts) -> DeferredMessage:
        """The event of a call, to be sent by the emitter that the process has now.

        Raises:
            InvalidEvent: the call is wrong.
        """
        emitter = process_emitter()
        return cls(emitter, emitter.prepare(tag, *unnamed, **facts))

    @property
    def receipt(self) -> Receipt:
        """What the caller gets before the commit."""
        return Receipt(self.message.id, "on_commit")

    def misdirected(self, error: InvalidEvent) -> Receipt:
        """Keep the event as a dead letter, at once: it cannot wait for the commit of what was passed.

        Raises:
            InvalidEvent: *error*, where wrong calls are not kept.
        """
        return self.emitter.deliver(self.emitter.misdirected(error, self.message))

    def send(self) -> None:
        """Send it; if nothing takes it, write it to the log, whatever its delivery level.

        Never raises an Exception: the commit is done, and other events wait for the same one.
        """
        try:
            self._send()
        except EventNotRecorded as error:
            log(self.message, str(error))
        except Exception as error:  # noqa: BLE001 - the commit cannot be taken back
            log(self.message, f"could not be sent after the commit: {error!r}")

    def _send(self) -> None:
        if self.asynchronous:
            # a commit of an AsyncSession runs in a greenlet, which can wait without blocking the event loop
            sys.modules["sqlalchemy.util"].await_only(self.emitter.adeliver(self.message))
        else:
            self.emitter.deliver(self.message)
