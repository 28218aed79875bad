"""Dead letters as the messages that they were, and their sequence numbers when their fate changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace
from sqlalchemy import Connection

from trailkeeper.models.backfills.dead_letters import IMPORTED, DeadLetter
from trailkeeper.models.counting import Fate, add
from trailkeeper.models.counting.moving import move
from trailkeeper.models.counting.producers import known
from trailkeeper.models.kept_secrets import read_secret
from trailkeeper.models.tables import ImportSecretRow
from trailkeeper.producer.lines import read_lines
from trailkeeper.worker.ingest.messages import EVENT, OUTBOX, SIGNATURE, IncomingMessage, Rejected
from trailkeeper.worker.ingest.sequence_numbers import (
    UNTRUSTED,
    names_of,
    number_in,
    of_dead_letters,
    ranges_by_producer,
)

from .blocks import staged

QUARANTINED = re.compile(rb"e=(.*)\ninvalid=([^\n]*)\n", re.DOTALL)
"""A dead letter that keeps an event and its fault."""

FIELDS = re.compile(rb"(?:\A|\n)e=([^\n]*)\n")
"""The event in a dead letter that keeps some other fields."""


def message_of(letter: DeadLetter, key: bytes = b"") -> IncomingMessage:
    """The message as it would come again, with the dead letter's id for that of the stream.

    A bad line of a file is read as a line again; *key* is that of the ids of lines without one.
    """
    payload, problem = letter.raw, None
    if quarantined := QUARANTINED.fullmatch(payload):
        payload, problem = quarantined[1], quarantined[2]
    elif not payload.startswith(b"{") and (event_field := FIELDS.search(payload)):
        payload = event_field[1]
    elif is_imported(letter):
        payload = _line(payload, key)
    fields = {EVENT: payload} | ({} if letter.signature is None else {SIGNATURE: letter.signature})
    return IncomingMessage(
        str(letter.id),
        payload,
        problem,
        fields,
        may_number=letter.stream != OUTBOX,
        is_imported=is_imported(letter),
    )


def is_imported(letter: DeadLetter) -> bool:
    """Whether it is a line of a file that an admin imported."""
    return letter.stream.startswith(IMPORTED)


def is_never_signed(letter: DeadLetter) -> bool:
    """Whether it comes from where the database or an admin decides who may write: the outbox or a file."""
    return letter.stream == OUTBOX or is_imported(letter)


def messages_of(connection: Connection, letters: Iterable[DeadLetter]) -> list[IncomingMessage]:
    """The messages of dead letters that are to be stored."""
    key = read_secret(connection, ImportSecretRow)
    return [message_of(letter, key) for letter in letters]


def gone(connection: Connection, letters: Iterable[DeadLetter], after: Fate | None) -> None:
    """Count that dead letters were removed.

    Args:
        connection: in the transaction that does it.
        letters: which.
        after: what became of them; None where that is counted elsewhere.
    """
    counted = [letter for letter in letters if letter.reason not in UNTRUSTED and letter.stream != OUTBOX]
    reports = [numbered for letter in counted if (numbered := number_in(message_of(letter).payload or b""))]
    ids = known(connection, {numbered.producer for numbered in reports})
    move(connection, ranges_by_producer(reports, ids), "dead", after)


def trusted(connection: Connection, letters: Mapping[int, DeadLetter], rejected: Sequence[Rejected]) -> None:
    """Count dead letters that stay and whose signature, unknown before, is now one of ours."""
    counted = [
        replace(rejection, message=message_of(letter))
        for rejection in rejected
        if (letter := letters[int(rejection.message.stream_id)]).reason in UNTRUSTED
        and rejection.reason not in UNTRUSTED
    ]
    add(connection, of_dead_letters(counted, known(connection, names_of([], counted))))


def _line(raw: bytes, key: bytes) -> bytes:
    line = next(read_lines([raw], key=key), None)
    return raw if line is None or line.event is None else staged(line).payload
