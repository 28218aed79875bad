"""An event that was checked and waits for a commit. What becomes of it then, nobody can refuse any more."""

from __future__ import annotations

import logging
import sys
from typing import NamedTuple

from trailkeeper.producer.emitter import Emitter
from trailkeeper.producer.errors import EventNotRecorded
from trailkeeper.producer.facts import Given
from trailkeeper.producer.log_line import log
from trailkeeper.producer.message import Message
from trailkeeper.producer.process import process_emitter

logger = logging.getLogger("trailkeeper")


class Later(NamedTuple):
    """A message, who sends it, and whether within an event loop's greenlet."""

    emitter: Emitter
    message: Message
    asynchronous: bool = False

    @classmethod
    def of(cls, tag: str, given: Given, *, asynchronous: bool = False) -> Later:
        """The event of a call, by the emitter that the process has now.

        Raises:
            InvalidEvent: the call is wrong.
        """
        emitter = process_emitter()
        return cls(emitter, emitter.prepare(tag, **given), asynchronous)

    def send(self) -> None:
        """Send it; one that nobody takes is a line of the log, whatever its delivery level.

        Never raises an Exception: the action is done, and others wait for the same commit.
        """
        try:
            self._send()
        except EventNotRecorded as error:
            log(self.message, str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the commit cannot be taken back
            log(self.message, f"could not be sent after the commit: {error!r}")

    def _send(self) -> None:
        if self.asynchronous:
            # a commit of an AsyncSession runs in a greenlet, which can wait without blocking the event loop
            sys.modules["sqlalchemy.util"].await_only(self.emitter.adeliver(self.message))
        else:
            self.emitter.deliver(self.message)
