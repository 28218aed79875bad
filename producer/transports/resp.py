"""The part of Redis' protocol (RESP 2) that confirms an XADD and asks a Sentinel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from .redis_errors import Attempts, MaybeTakenError, RefusedError

MAX_REPLY = 16 * 1024
"""Bytes; the longest reply we expect is an entry's id."""

END = b"\r\n"
MOST_REPLIES = 16
"""Of one array."""

Reply: TypeAlias = bytes | int | RefusedError


def authentication(username: str | None, password: str | None) -> list[tuple[bytes, ...]]:
    """The command that logs in; none without a password."""
    if password is None:
        return []
    return [(b"AUTH", *(part.encode() for part in (username, password) if part))]


def packed(*words: bytes) -> bytes:
    """A command as RESP."""
    return b"*%d\r\n%b" % (len(words), b"".join([b"$%d\r\n%b\r\n" % (len(word), word) for word in words]))


def parsed(received: bytes) -> tuple[Reply, bytes] | None:
    """The first reply without its framing, and what follows it; None if it is not complete.

    Raises:
        ConnectionAbortedError: it is no reply that we expect.
    """
    line, end, more = received[1:].partition(END)
    if len(received if not end else line) > MAX_REPLY:
        raise ConnectionAbortedError("the server sent a longer reply than expected")
    if not end:
        return None
    match received[:1]:
        case b"+":
            return line, more
        case b":" if line.isdigit():
            return int(line), more
        case b"$" if line.isdigit() and int(line) <= MAX_REPLY:
            return _text(int(line), more)
        case b"-":
            return RefusedError(line.decode("utf-8", "replace")), more
    raise ConnectionAbortedError(f"not a Redis reply: {received[:40]!r}")


def accepted(replies: Sequence[Reply]) -> int:
    """How many commands were accepted before the first that was refused.

    Raises:
        RefusedError: it was the first of all; MaybeTakenError if a later one was accepted.
    """
    for place, reply in enumerate(replies):
        if isinstance(reply, int):
            raise ConnectionAbortedError(f"not the reply to this command: {reply}")
        if isinstance(reply, RefusedError):
            if place == 0:
                raise reply if all(isinstance(each, RefusedError) for each in replies) else _maybe(reply)
            return place
    return len(replies)


def confirmed(replies: Sequence[Reply], replicas: int, attempts: Attempts) -> int:
    """The same where, if there are to be *replicas*, the last reply is how many of them have it all.

    Raises:
        RefusedError: the first was refused, which *attempts* notes; MaybeTakenError if too few replicas
            have them: a new master may not.
    """
    try:
        return _confirmed(replies, replicas)
    except MaybeTakenError:
        raise
    except RefusedError:
        attempts.unanswered -= 1
        raise


def _confirmed(replies: Sequence[Reply], replicas: int) -> int:
    if not replicas:
        return accepted(replies)
    *added, reached = replies
    taken = accepted(added)
    if (refusal := too_few(reached, replicas)) is not None:
        raise refusal
    return taken


def too_few(reached: Reply, replicas: int) -> MaybeTakenError | None:
    """Why a WAIT's reply does not confirm what was sent before it; None if it does."""
    if isinstance(reached, RefusedError):
        return _maybe(reached)
    if not isinstance(reached, int) or reached < replicas:
        return MaybeTakenError(f"{reached!r} of {replicas} replicas have it (TRAILKEEPER_REDIS_REPLICAS)")
    return None


def _maybe(refusal: RefusedError) -> MaybeTakenError:
    return MaybeTakenError(str(refusal))


def _text(size: int, received: bytes) -> tuple[Reply, bytes] | None:
    if len(received) < size + len(END):
        return None
    if received[size : size + len(END)] != END:
        raise ConnectionAbortedError(f"not a Redis reply: {received[:40]!r}")
    return received[:size], received[size + len(END) :]


def parsed_array(received: bytes) -> tuple[Reply | list[Reply], bytes] | None:
    """The same where the reply may be an array, such as what a Sentinel answers; empty if that is null."""
    if not received.startswith(b"*"):
        return parsed(received)
    count, end, more = received[1:].partition(END)
    if not end:
        return None
    replies: list[Reply] = []
    for _ in range(min(int(count), MOST_REPLIES) if count.isdigit() else 0):
        if not more or (found := parsed(more)) is None:
            return None
        reply, more = found
        replies.append(reply)
    return replies, more
