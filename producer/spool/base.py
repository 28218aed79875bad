"""What every local queue for events promises, while Redis does not answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Spool(Protocol):
    """Keeps messages until the stream takes them. Called by many threads at once."""

    def put(self, fields: Mapping[bytes, bytes], tag: str, deadline: float) -> None:
        """Keep a message; when this returns, no death of a process loses it.

        Args:
            fields: of the stream entry that the message is to become.
            tag: under which it is counted.
            deadline: on `time.monotonic`'s clock; who is just busy is not waited for any longer.

        Raises:
            SpoolUnavailable: the spool did not take it.
        """

    def redis_answered(self) -> None:
        """Redis took a message just now, so what is kept may follow. Returns at once; called very often."""

    def close(self) -> None:
        """Give back what is held open. A later `put` opens it again."""
