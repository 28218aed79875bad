"""Every exception the producer raises on purpose.

    TrailkeeperError
    ├── EventNotRecorded       a `required` event reached neither Redis nor any durable place
    ├── StreamUnavailable      Redis refused, hung or is full (raised by producer/transports/redis_errors.py)
    │   └── StreamTimeout      it did not answer in time
    └── SpoolUnavailable       the spool is full, broken or busy (raised by producer/spool/sqlite_errors.py)

Mistakes to fix in code or configuration are outside that tree, so that a
handler's `except TrailkeeperError` never hides one:

    ValueError
    ├── InvalidEvent           the call to emit() is wrong
    ├── InvalidMessage         bytes that are not an event of a version we know
    ├── CatalogueError         a catalogue file is wrong
    └── SettingsError          an environment variable is wrong
    RuntimeError
    └── OutboxMissing          the caller's database has no outbox, or the role may not write to it
"""

from __future__ import annotations


class TrailkeeperError(Exception):
    """A failure that the caller did not cause and may want to handle."""


class EventNotRecorded(TrailkeeperError):  # noqa: N818 - reads as the sentence it is in an `except`
    """A `required` event was not recorded, as far as is known; refuse the action it belongs to.

    Where a server did not answer, it may have been recorded all the same: the text says so.
    """


class StreamUnavailable(TrailkeeperError):  # noqa: N818 - as above
    """Redis did not carry out a command in time, or refused it.

    Attributes:
        may_have_it: whether what was to be added may be in the stream, as a reply is missing.
    """

    may_have_it = False


class StreamRefused(StreamUnavailable):
    """Redis answers, and refuses: a right is missing, the key holds something else, its disk is full."""


class StreamTimeout(StreamUnavailable):
    """Redis did not answer in time. It may have been this process that was slow."""

    may_have_it = True


class SpoolUnavailable(TrailkeeperError):  # noqa: N818 - as above
    """The spool did not carry out a read or write in time, or could not.

    Attributes:
        may_have_it: whether another thread may be writing it still.
    """

    may_have_it = False


class InvalidEvent(ValueError):  # noqa: N818 - part of the public interface by this name
    """A call to emit() that can never be recorded: says where, what is wrong and what was expected.

    Attributes:
        field: the wrong argument or key, such as ``additional.version``.
        problem: what is wrong with it.
        expected: what would have been accepted.
    """

    def __init__(self, field: str, problem: str, expected: str) -> None:
        super().__init__(f"{field}: {problem}; expected {expected}")
        self.field = field
        self.problem = problem
        self.expected = expected


class InvalidMessage(ValueError):  # noqa: N818 - pairs with InvalidEvent
    """Bytes that can never become an event.

    Attributes:
        reason: a word from `producer.wire.REASONS`, by which dead letters are grouped.
        detail: one sentence for the operator who reads the dead letter.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class CatalogueError(ValueError):
    """A catalogue file that cannot be used: names file, event type and what was expected."""


class SettingsError(ValueError):
    """An environment variable that cannot be used: names variable, value and what was expected."""


class OutboxMissing(RuntimeError):  # noqa: N818 - reads as the sentence it is
    """The caller's database has no outbox, or its role may not write to it. Says what an operator must do."""


INTERRUPTIONS = frozenset({"SoftTimeLimitExceeded"})
"""Exceptions by which a worker stops its task, by name: they may hit any line, and are nobody's mistake."""


def is_interruption(error: Exception) -> bool:
    """Whether it stops the caller's task, rather than being a fault of what it was doing."""
    return type(error).__name__ in INTERRUPTIONS
