"""Numbers of dead letters whose fate changes: they leave the tally of the dead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace
from sqlalchemy import Connection

from trailkeeper.models.backfills.letters import Letter
from trailkeeper.models.counting import Fate, Ranges, add, ranges_of
from trailkeeper.models.counting.moving import move
from trailkeeper.models.counting.producers import known
from trailkeeper.worker.drain.messages import Rejected
from trailkeeper.worker.drain.numbers import NOT_BELIEVED, names_of, number_in, of_letters

from .letters import message_of


def gone(connection: Connection, letters: Iterable[Letter], after: Fate | None) -> None:
    """Letters were removed.

    Args:
        connection: in the transaction that does it.
        letters: which.
        after: what became of them; None where that is counted elsewhere.
    """
    counted = [letter for letter in letters if letter.reason not in NOT_BELIEVED]
    found = [numbered for letter in counted if (numbered := number_in(message_of(letter).payload or b""))]
    ids = known(connection, {numbered.producer for numbered in found})
    numbers: dict[int, list[int]] = {}
    for numbered in found:
        if numbered.producer in ids:
            numbers.setdefault(ids[numbered.producer], []).append(numbered.number)
    ranges: Mapping[int, Ranges] = {producer: ranges_of(given) for producer, given in numbers.items()}
    move(connection, ranges, "dead", after)


def believed(connection: Connection, letters: Mapping[int, Letter], bad: Sequence[Rejected]) -> None:
    """Letters stay, and some that nobody vouched for before turned out to be what they say: count them."""
    now = [
        replace(rejection, message=message_of(letter))
        for rejection in bad
        if (letter := letters[int(rejection.message.stream_id)]).reason in NOT_BELIEVED
        and rejection.reason not in NOT_BELIEVED
    ]
    add(connection, of_letters(now, known(connection, names_of([], now))))
