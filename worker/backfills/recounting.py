"""Numbers of dead letters whose fate changes: they leave the count of the dead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace
from sqlalchemy import Connection

from trailkeeper.models.backfills.dead_letters import DeadLetter
from trailkeeper.models.counting import Fate, Ranges, add, ranges_of
from trailkeeper.models.counting.moving import move
from trailkeeper.models.counting.producers import known
from trailkeeper.worker.ingest.messages import Rejected
from trailkeeper.worker.ingest.sequence_numbers import UNTRUSTED, names_of, number_in, of_dead_letters

from .letters import message_of


def gone(connection: Connection, letters: Iterable[DeadLetter], after: Fate | None) -> None:
    """Letters were removed.

    Args:
        connection: in the transaction that does it.
        letters: which.
        after: what became of them; None where that is counted elsewhere.
    """
    counted = [letter for letter in letters if letter.reason not in UNTRUSTED]
    reports = [numbered for letter in counted if (numbered := number_in(message_of(letter).payload or b""))]
    ids = known(connection, {numbered.producer for numbered in reports})
    numbers: dict[int, list[int]] = {}
    for numbered in reports:
        if numbered.producer in ids:
            numbers.setdefault(ids[numbered.producer], []).append(numbered.number)
    ranges: Mapping[int, Ranges] = {
        producer: ranges_of(given_numbers) for producer, given_numbers in numbers.items()
    }
    move(connection, ranges, "dead", after)


def trusted(connection: Connection, letters: Mapping[int, DeadLetter], rejected: Sequence[Rejected]) -> None:
    """Count letters that stay and whose signature, unknown before, is now one of ours."""
    counted = [
        replace(rejection, message=message_of(letter))
        for rejection in rejected
        if (letter := letters[int(rejection.message.stream_id)]).reason in UNTRUSTED
        and rejection.reason not in UNTRUSTED
    ]
    add(connection, of_dead_letters(counted, known(connection, names_of([], counted))))
