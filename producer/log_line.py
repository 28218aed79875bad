"""The last resort for an event: one line of the log that holds all of it."""

from __future__ import annotations

import json
import logging

from .message import Message

logger = logging.getLogger("trailkeeper")


def log(message: Message, reason: str) -> None:
    """Log the message to ``trailkeeper``, as an error ``event_not_in_redis`` and one JSON object.

    The object has the keys `reason`, `event` and, for a message in quarantine, `invalid`. It is
    pure ASCII without control characters, so that nothing a client sent can end the line or
    forge another.
    """
    logger.error("event_not_in_redis %s", _line(message, reason))


def _line(message: Message, reason: str) -> str:
    payload = message.payload.decode()
    if not payload.isascii() or "\x7f" in payload:
        payload = json.dumps(json.loads(payload), separators=(",", ":")).replace("\x7f", "\\u007f")
    invalid = "" if message.invalid is None else f',"invalid":{json.dumps(message.invalid.decode())}'
    return f'{{"reason":{json.dumps(reason)},"event":{payload}{invalid}}}'
