"""What every source of events promises: all go through one kernel, so one suite runs over all of them.

Each test's id names its case and its source: together they are the table of sources by cases.
"""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pkgutil import resolve_name
from typing import Any, ClassVar, NamedTuple
from unittest.mock import patch

import msgspec
import pytest
from sqlalchemy import Engine

from tests.support.drains import an_event, query
from trailkeeper.models.counting.ranges import size
from trailkeeper.models.counting.reading import counted
from trailkeeper.models.engine import transaction
from trailkeeper.producer.event import Event, Subject
from trailkeeper.producer.ids import uuid7
from trailkeeper.producer.wire import encode
from trailkeeper.worker.ingest import kernel, writer
from trailkeeper.worker.ingest.derive import Derive

HOSTILE = "x\n2026-11-24 12:00:00 CRITICAL all is lost\x1b[2J\u202e\x9b31m"
MONTH_EDGE = datetime(2019, 3, 1, tzinfo=UTC)
YEAR_EDGE = datetime(2019, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
QUICK_SECONDS = 20.0


class Death(BaseException):
    """Stands for a process that dies: nothing handles it."""


class Letter(NamedTuple):
    """A dead letter."""

    reason: str
    detail: str
    raw: bytes


class EventSource(ABC):
    """A way by which messages come to the kernel."""

    dead_letters_step: ClassVar[str] = "trailkeeper.worker.ingest.dead_letters.add"
    """What keeps dead letters: a dotted name."""

    believes_numbers: ClassVar[bool] = True
    """Whether sequence numbers in its messages are counted."""

    last_step: ClassVar[str]
    """What happens around the commit, and before the source forgets a message: a dotted name."""

    def __init__(self, engine: Engine, database_url: str) -> None:
        self.engine = engine
        self.database_url = database_url

    @abstractmethod
    def feed(self, *payloads: bytes) -> None:
        """Deliver messages."""

    @abstractmethod
    def run(self) -> None:
        """Ingest all that was delivered, in a process that is new each time."""

    @abstractmethod
    def left(self) -> int:
        """How many delivered messages have no fate yet."""

    def letters(self) -> list[Letter]:
        """The dead letters, oldest first."""
        rows = query(self.database_url, "SELECT reason, detail, raw FROM dead_letters ORDER BY id")
        return [Letter(row["reason"], row["detail"], bytes(row["raw"])) for row in rows]

    def stored(self, *events: Event) -> list[int]:
        """How often each event is stored."""
        rows = query(self.database_url, "SELECT id FROM events")
        ids = [row["id"] for row in rows]
        return [ids.count(event.id) for event in events]

    def fates(self) -> dict[str, int]:
        """How many numbers were counted with which fate."""
        each = "event_counts, unnest(sequences) AS numbers"
        size = "sum(upper(numbers) - lower(numbers))"
        rows = query(self.database_url, f"SELECT fate, {size} AS n FROM {each} GROUP BY fate")
        return {row["fate"]: int(row["n"]) for row in rows}

    def believed(self, number: int) -> int:
        """How many of *number* events with numbers are counted."""
        return number if self.believes_numbers else 0

    def counted(self) -> int:
        """How many stored events were counted by their sequence numbers."""
        with transaction(self.engine) as connection:
            counts = counted(connection, datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
        return sum(size(count.numbers) for count in counts if count.fate == "stored")


def numbered(number: int, **facts: Any) -> Event:
    """An event with a sequence number."""
    return an_event(producer="web:1:a", seq=number, **facts)


def altered(**changes: Any) -> bytes:
    """An event's bytes with some keys replaced."""
    return msgspec.json.encode({**msgspec.json.decode(encode(an_event())), **changes})


POISON: dict[str, Callable[[], bytes]] = {
    "too_large": lambda: altered(of_a_newer_producer="x" * 70_000),
    "not_json": lambda: b"{",
    "unknown_version": lambda: altered(v=99),
    "wrong_shape": lambda: altered(user=[5]),
    "bad_text": lambda: altered(of_a_newer_producer="u\0"),
    "bad_id": lambda: altered(id=str(uuid7(datetime(2020, 1, 1, tzinfo=UTC)))),
    "bad_time": lambda: altered(
        id=str(uuid7(datetime(2090, 1, 1, tzinfo=UTC))), occurred_at="2090-01-01T00:00:00Z"
    ),
    "bad_address": lambda: altered(ip="nowhere"),
    "unknown_tag": lambda: altered(tag="no:such:tag"),
    "refused_row": lambda: altered(user={"id": "refused"}),
}
"""A message for each reason that a payload alone can have, in every source: none is forgiven in a line."""

ELSEWHERE = {
    "no_event": "test_drain_on_services.py",
    "unsigned": "test_signed_messages_on_services.py",
    "forged": "test_signed_messages_on_services.py",
    "quarantined": "test_relay_on_services.py",
    "expired": "test_expired_messages_on_services.py",
    "old_partition": "test_expired_messages_on_services.py",
    "killed_worker": "test_suspects_on_services.py",
}
"""Where a reason is tested that only some sources have; ``worker_error`` has a test of its own below."""

STEPS = {
    "judge": (kernel, "judge_all"),
    "derive": (Derive, "texts"),
    "rows": (kernel, "rows_of"),
    "insert": (writer, "insert"),
    "count": (writer, "add"),
}
"""Where a process may die in the kernel, before the commit."""


@contextmanager
def dying_after(owner: Any, name: str) -> Iterator[None]:
    """Let the process die at the end of a call, the first time."""
    real = getattr(owner, name)

    def dying(*arguments: Any, **options: Any) -> Any:
        real(*arguments, **options)
        raise Death

    with patch.object(owner, name, dying):
        yield


class IngestContract:
    """Run by each source; the fixture `source` makes one."""

    def test_what_is_good_is_stored_once_and_counted_once(self, source: EventSource) -> None:
        events = [numbered(number, ip="192.168.1.9") for number in range(1, 301)]
        source.feed(*map(encode, events))
        source.run()
        assert source.stored(*events) == [1] * 300
        assert (source.left(), source.letters(), source.counted()) == (0, [], source.believed(300))

    @pytest.mark.parametrize("reason", POISON)
    def test_poison_is_kept_and_stops_nothing(self, source: EventSource, reason: str) -> None:
        self._refuse(source)
        poison, events = POISON[reason](), [numbered(number) for number in range(1, 21)]
        source.feed(*map(encode, events[:10]), poison, *map(encode, events[10:]))
        source.run()
        assert [letter.reason for letter in source.letters()] == [reason]
        assert source.letters()[0].raw[:1_000] == poison[:1_000]
        assert source.stored(*events) == [1] * 20
        assert (source.left(), source.counted()) == (0, source.believed(20))

    def test_a_fault_of_ours_in_one_message_is_narrowed_down_to_it(self, source: EventSource) -> None:
        events = [numbered(number, user=Subject("odd" if number == 7 else "even")) for number in range(1, 17)]
        texts = Derive.texts

        def fail(derive: Derive, batch: Any) -> Any:
            if any(accepted.event.user == Subject("odd") for accepted in batch):
                raise ZeroDivisionError
            return texts(derive, batch)

        source.feed(*map(encode, events))
        with patch.object(Derive, "texts", fail):
            source.run()
        assert [letter.reason for letter in source.letters()] == ["worker_error"]
        assert source.stored(*events) == [int(number != 7) for number in range(1, 17)]

    def test_the_number_of_a_message_that_only_we_fail_at_is_counted_as_dead(
        self, source: EventSource
    ) -> None:
        source.feed(encode(numbered(1)))
        with patch.object(Derive, "texts", side_effect=ZeroDivisionError):
            source.run()
        assert [letter.reason for letter in source.letters()] == ["worker_error"]
        assert source.fates() == ({"dead": 1} if source.believes_numbers else {})

    def test_twice_in_one_batch_is_stored_once(self, source: EventSource) -> None:
        events = [numbered(1, voids=[7]), numbered(2)]
        source.feed(*map(encode, [events[0], events[1], events[0]]))
        source.run()
        assert source.stored(*events) == [1, 1]
        fates = {"stored": 2, "unused": 1} if source.believes_numbers else {}
        assert (source.letters(), source.fates()) == ([], fates)

    def test_delivered_twice_is_stored_once(self, source: EventSource) -> None:
        events = [numbered(1, voids=[7]), numbered(2)]
        for new in (events[:1], events):
            source.feed(*map(encode, new))
            source.run()
        assert source.stored(*events) == [1, 1]
        assert (source.left(), source.letters(), source.counted()) == (0, [], source.believed(2))

    def test_from_two_sources_is_stored_once(self, source: EventSource, other: EventSource) -> None:
        events = [numbered(number) for number in range(1, 5)]
        other.feed(*map(encode, events[:3]))
        other.run()
        source.feed(*map(encode, events))
        source.run()
        assert source.stored(*events) == [1] * 4
        assert (source.left(), source.letters(), source.counted()) == (0, [], 3 + source.believed(1))

    @pytest.mark.parametrize("drift_ms", range(-2, 3))
    @pytest.mark.parametrize("occurred", [-1, 0, 1], ids=["before", "at", "after"])
    def test_at_a_period_edge_the_id_decides_and_missing_partitions_are_made(
        self, source: EventSource, occurred: int, drift_ms: int
    ) -> None:
        events = [
            an_event(moment, id=uuid7(moment + drift_ms * MILLISECOND), tag=tag, **about)
            for moment, tag, about in (
                (MONTH_EDGE + occurred * MILLISECOND, "account:login:success", {"user": Subject("u1")}),
                (YEAR_EDGE + occurred * MILLISECOND, "project:create", {"project": Subject("p1")}),
            )
        ]
        others = [an_event() for _ in range(9)]
        source.feed(*map(encode, [*others[:5], *events, *others[5:]]))
        began = time.monotonic()
        source.run()
        assert source.stored(*events, *others) == [1] * 11
        assert (source.left(), source.letters()) == (0, [])
        assert time.monotonic() - began < QUICK_SECONDS

    def test_a_partition_that_cannot_be_made_costs_one_try_and_the_others_go_on(
        self, source: EventSource
    ) -> None:
        lost, events = an_event(MONTH_EDGE), [an_event() for _ in range(4)]
        source.feed(*map(encode, [*events[:2], lost, *events[2:]]))
        with patch.object(writer, "ensure", return_value=[]) as ensure:
            source.run()
        asked = [period.name for call in ensure.call_args_list for period in call.args[1]]
        assert len(asked) == len(set(asked))
        assert source.stored(*events, lost) == [1] * 4 + [0]
        assert [letter.reason for letter in source.letters()] == ["refused_row"]

    def test_hostile_text_is_stored_as_it_is(self, source: EventSource) -> None:
        event = an_event(user=Subject("u1", HOSTILE), additional={"note": HOSTILE + '\\N\t"'})
        source.feed(encode(event))
        source.run()
        statement = "SELECT user_name, additional FROM events WHERE id = :id"
        [row] = query(source.database_url, statement, id=event.id)
        assert (row["user_name"], row["additional"]) == (HOSTILE, {"note": HOSTILE + '\\N\t"'})

    def test_hostile_text_of_a_dead_letter_steers_no_log_and_is_stored(
        self, source: EventSource, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            source.feed(altered(tag=HOSTILE), altered(tag="nul:\0"), altered(**{HOSTILE: 1, "user": [5]}))
            source.run()
        assert len(source.letters()) == 3
        assert not any(letter in line for line in caplog.messages for letter in "\n\r\x1b\x9b\u202e\x00")

    def test_refused_rows_in_the_middle_are_dead_letters_and_the_others_stored(
        self, source: EventSource
    ) -> None:
        self._refuse(source)
        bad = {1, 17, 18, 40}
        events = [
            numbered(number, user=Subject("refused" if number in bad else "good"), voids=[100 + number])
            for number in range(1, 41)
        ]
        source.feed(*map(encode, events))
        source.run()
        assert source.stored(*events) == [int(number not in bad) for number in range(1, 41)]
        assert sorted(letter.raw for letter in source.letters()) == sorted(
            encode(event) for number, event in enumerate(events, 1) if number in bad
        )
        assert (source.left(), source.counted()) == (0, source.believed(36))

    @pytest.mark.parametrize("step", [*STEPS, "dead_letters_step", "last_step"])
    def test_a_death_at_any_step_neither_loses_nor_doubles(self, source: EventSource, step: str) -> None:
        events = [numbered(number) for number in range(1, 31)]
        poison = altered(tag="no:such:tag", producer="web:1:a", seq=31)
        source.feed(*map(encode, events), poison)
        owner, name = STEPS[step] if step in STEPS else self._named(getattr(source, step))
        with dying_after(owner, name), pytest.raises(Death):
            source.run()
        source.run()
        assert source.stored(*events) == [1] * 30
        assert [letter.reason for letter in source.letters()] == ["unknown_tag"]
        assert (source.left(), source.counted()) == (0, source.believed(30))

    @staticmethod
    def _refuse(source: EventSource) -> None:
        query(source.database_url, "ALTER TABLE events ADD CONSTRAINT test CHECK (user_id <> 'refused')")

    @staticmethod
    def _named(dotted: str) -> tuple[Any, str]:
        place, _, name = dotted.rpartition(".")
        return resolve_name(place), name
