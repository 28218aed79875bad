"""Our keys in Redis beside the stream, read and written whatever somebody else put there.

They hold notes and counts, of which nothing is needed to store an event. So what we would never have
written is worth no outage: it is logged and removed, and the next who needs the note writes it anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
import redis

from .redis_client import redis_translated

Result = TypeVar("Result")
Note = TypeVar("Note")

GARBAGE = ("WRONGTYPE", "not an integer", "not a valid float", "would overflow")
MAX_SHOWN = 200

logger = logging.getLogger(__name__)


def is_garbage(answer: object) -> bool:
    """Whether a command failed because of what its key holds."""
    return isinstance(answer, redis.ResponseError) and any(sign in str(answer) for sign in GARBAGE)


def mended(client: redis.Redis, run: Callable[[], Result], *keys: str) -> Result:
    """Run a command; if one of its keys holds what we never write, remove them and run it again.

    Raises:
        StreamUnavailable: Redis did not answer, or refused for another reason.
    """
    with redis_translated():
        try:
            return run()
        except redis.ResponseError as error:
            if not is_garbage(error):
                raise
            remove(client, str(error), *keys)
        return run()


def remove(client: redis.Redis, why: str, *keys: str) -> None:
    """Remove keys that hold what we never write, and say so.

    Raises:
        StreamUnavailable: Redis did not answer.
    """
    logger.warning(
        "removed from Redis what nobody can read, %s: %.*s", ", ".join(keys), MAX_SHOWN, ascii(why)
    )
    with redis_translated():
        client.delete(*keys)


def number_of(value: Any) -> int:
    """A count; 0 where there is none, or no number."""
    try:
        return int(value or 0)
    except (ValueError, TypeError):
        return 0


def moment_of(value: Any) -> datetime | None:
    """A time with its offset; None where there is none, or no time."""
    try:
        moment = datetime.fromisoformat(value.decode())
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (AttributeError, ValueError, OverflowError):
        return None


def note_of(value: Any, kind: type[Note]) -> Note | None:
    """A JSON note; None where there is none, or something else."""
    try:
        return msgspec.json.decode(value, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, TypeError):
        return None
