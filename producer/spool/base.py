"""What every local queue for events promises, while Redis does not answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable


class Spool(Protocol):
    """Keeps messages until the stream takes them. Called by many threads at once."""

    def put(self, fields: Mapping[bytes, bytes], tag: str, deadline: float) -> None:
        """Keep a message; when this returns, it survives the death of any process.

        Args:
            fields: of the stream entry that the message is to become.
            tag: as it is counted.
            deadline: on `time.monotonic`'s clock; give up on a locked spool after this.

        Raises:
            SpoolUnavailable: the spool did not take it.
        """

    def redis_answered(self) -> None:
        """Redis took a message just now, so the spool can be delivered. Called often; returns at once."""

    def close(self) -> None:
        """Close what is open. A later `put` opens it again."""


@runtime_checkable
class SpoolsMany(Protocol):
    """A `Spool` that keeps several messages in about the time of one."""

    def put_all(self, entries: Sequence[tuple[Mapping[bytes, bytes], str]], deadline: float) -> None:
        """Keep all of them or none, each with its tag; see `Spool.put`.

        Raises:
            SpoolUnavailable: the spool did not take them.
        """
