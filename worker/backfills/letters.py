"""A dead letter as the message that it was."""

from __future__ import annotations

import re

from trailkeeper.models.backfills.dead_letters import DeadLetter
from trailkeeper.producer.lines import read_lines
from trailkeeper.worker.ingest.messages import EVENT, SIGNATURE, IncomingMessage

from .blocks import staged

QUARANTINED = re.compile(rb"e=(.*)\ninvalid=([^\n]*)\n", re.DOTALL)
"""A letter that keeps an event and its fault."""

FIELDS = re.compile(rb"(?:\A|\n)e=([^\n]*)\n")
"""The event in a letter that keeps some other fields."""


def message_of(letter: DeadLetter) -> IncomingMessage:
    """The message as it would come again, with the letter's id for that of the stream.

    A bad line of a file is read as a line again.
    """
    payload, problem = letter.raw, None
    if quarantined := QUARANTINED.fullmatch(payload):
        payload, problem = quarantined[1], quarantined[2]
    elif not payload.startswith(b"{") and (event_field := FIELDS.search(payload)):
        payload = event_field[1]
    elif letter.stream.startswith("import:"):
        payload = _line(payload)
    fields = {EVENT: payload} | ({} if letter.signature is None else {SIGNATURE: letter.signature})
    return IncomingMessage(str(letter.id), payload, problem, fields)


def _line(raw: bytes) -> bytes:
    line = next(read_lines([raw]), None)
    return raw if line is None or line.event is None else staged(line).payload
