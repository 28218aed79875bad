"""The fate of each producer's numbers by hour, from counts, stream and table."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from trailkeeper.models.counting.gaps import Gap
from trailkeeper.models.counting.ranges import Ranges, missing, ranges_of, size, union, without
from trailkeeper.models.counting.reading import CountedNumbers, Covered
from trailkeeper.worker.ingest.sequence_numbers import Numbered

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Account(msgspec.Struct):
    """The account of one producer and hour: numbers by fate.

    Attributes:
        producer: its name.
        hour: when the hour began.
        fates: the numbers by fate, see `models.counting.event_counts.Fate`.
        waiting: those not stored yet, in the stream or in this host's spool.
        missing: those without any trace.
        deleted: those that were stored and are not in the table, though nothing purged them.
        uncounted: those that are in the table, though no count has them.
    """

    producer: str
    hour: datetime
    fates: dict[str, Ranges]
    waiting: Ranges = []
    missing: Ranges = []
    deleted: Ranges = []
    uncounted: Ranges = []

    @property
    def gone(self) -> Ranges:
        """What is missing, for whatever reason."""
        return union(self.missing, self.deleted)

    def number(self, fate: str) -> int:
        """How many events met a fate; of those that are ``waiting`` or ``missing``, too."""
        ranges = {**self.fates, "waiting": self.waiting, "missing": self.gone}.get(fate, [])
        return size(without(ranges, self.deleted) if fate == "stored" else ranges)

    @property
    def is_needed(self) -> bool:
        """Whether there is anything in it."""
        return bool(self.fates or self.waiting or self.gone or self.uncounted)

    @property
    def emitted(self) -> int:
        """How many numbers the producer gave away in this hour, as far as is known."""
        return size(union(*self.fates.values(), self.waiting, self.missing))


class Accounts:
    """Fills the lines one after the other: counts, then what waits, what is missing, what the table says.

    Args:
        counts: of the hours in question.
        known: of each producer, all that is known of its numbers, whatever their hour.
        end: where the last hour ends.
    """

    def __init__(self, counts: Sequence[CountedNumbers], known: Mapping[str, Covered], end: datetime) -> None:
        self._known = defaultdict(lambda: Covered(0, []), known)
        self._last = (end - EPOCH) // HOUR - 1
        self._lines: dict[tuple[str, int], Account] = {}
        self._places: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
        self._waiting: dict[str, list[int]] = defaultdict(list)
        for each in counts:
            self._line(each.producer, each.hour).fates[each.fate] = each.numbers
            self._places[each.producer] += [(first, last, each.hour) for first, last in each.numbers]

    def add_waiting(self, waiting: Iterable[Numbered]) -> None:
        """Events on their way, except those whose fate is known by now."""
        by_line: dict[tuple[str, int], list[int]] = defaultdict(list)
        for each in waiting:
            by_line[each.producer, each.hour].append(each.number)
        for (producer, hour), numbers in by_line.items():
            left = without(ranges_of(numbers), self._known[producer].numbers)
            line = self._line(producer, hour)
            line.waiting = union(line.waiting, left)
            self._waiting[producer] += [number for first, last in left for number in range(first, last + 1)]
            self._places[producer] += [(first, last, hour) for first, last in left]

    def add_missing(self, noticed: Iterable[Gap]) -> None:
        """Numbers below the highest that is known, of which nothing is known."""
        since = {gap.name: (gap.noticed_at - EPOCH) // HOUR for gap in noticed}
        found: dict[tuple[str, int], Ranges] = defaultdict(list)
        for producer in self._known.keys() | self._waiting.keys():
            places = sorted(self._places[producer])
            sure = union(self._known[producer].numbers, ranges_of(self._waiting[producer]))
            highest = max([self._known[producer].highest, *(last for _, last in sure)], default=0)
            for first, last in missing(sure, highest):
                hour = _hour_of(last + 1, places) or _hour_of(first - 1, places)
                if hour is None and last == highest:  # nothing came after it
                    hour = since.get(producer, self._last)
                if hour is not None:
                    found[producer, hour].append((first, last))
        for key, numbers in found.items():
            line = self._line(*key)
            line.missing = union(line.missing, numbers)

    def verify(self, rows: Mapping[str, Ranges]) -> None:
        """Hold what should be stored against what is in the table."""
        counted: dict[str, list[Ranges]] = defaultdict(list)
        found: dict[tuple[str, int], Ranges] = defaultdict(list)
        for (producer, _), line in self._lines.items():
            stored = line.fates.get("stored", [])
            counted[producer].append(stored)
            line.deleted = without(stored, rows.get(producer, []))
        for producer, there in rows.items():
            places = sorted(self._places[producer])
            for first, last in without(there, union(*counted[producer])):
                hour = _hour_of(first, places)
                found[producer, self._last if hour is None else hour].append((first, last))
        for key, numbers in found.items():
            self._line(*key).uncounted = numbers

    def lines(self, start: datetime) -> list[Account]:
        """Those from *start* on, by producer and hour."""
        needed = [line for line in self._lines.values() if line.hour >= start and line.is_needed]
        return sorted(needed, key=lambda line: (line.producer, line.hour))

    def _line(self, producer: str, hour: int) -> Account:
        key = producer, hour
        if key not in self._lines:
            self._lines[key] = Account(producer, EPOCH + hour * HOUR, {})
        return self._lines[key]


def _hour_of(number: int, places: Sequence[tuple[int, int, int]]) -> int | None:
    """The hour of a number that is known, if it is one of those in question."""
    place = bisect_right(places, (number, float("inf"), 0)) - 1
    for first, last, hour in (places[each] for each in range(place, -1, -1)):
        if first <= number <= last:
            return hour
        if last < number:
            break
    return None
