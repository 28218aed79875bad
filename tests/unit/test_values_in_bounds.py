"""What a payload is made of, however large or tangled: time is bounded, and nothing is lost in silence."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from tests.support.emitting import SPOOLED, an_emitter
from trailkeeper import Actor, InvalidEvent, RequestContext
from trailkeeper.producer.event import MAX_BYTES
from trailkeeper.producer.wire import encode

SECONDS = 1.5
"""Of the processor, on a slow machine; what is unbounded takes far longer."""


def twice(levels: int, leaf: Any = "a") -> Any:
    value = leaf
    for _ in range(levels):
        value = [value, value]
    return value


def by_name(levels: int) -> Any:
    value: Any = "a"
    for _ in range(levels):
        value = {"left": value, "right": value}
    return value


def ring() -> Any:
    made: list[Any] = []
    made += [made, made]
    return made


LARGE: dict[str, Callable[[], Any]] = {
    "lists that share their parts": lambda: twice(25),
    "dicts that share their parts": lambda: by_name(25),
    "a list that holds itself twice": ring,
    "lists that share what is refused": lambda: twice(25, leaf=5j),
    "a million keys": lambda: dict.fromkeys(map(str, range(1_000_000)), 1),
    "a hundred thousand rows": lambda: [{"a": n, "b": "x" * 50} for n in range(100_000)],
    "lists of lists": lambda: [[[] for _ in range(300)] for _ in range(1000)],
    "ten megabytes": lambda: "Ab1 " * 2_500_000,
    "texts of ten megabytes": lambda: ["\0" * 300] * 30_000,
    "a range without end": lambda: range(10**12),
    "a form of very many fields": lambda: MultiDict((str(n), "x") for n in range(200_000)),
    "headers that are held very often": lambda: [[(b"a", b"b")] * 100_000] * 10_000,
}
PLACES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "array": lambda value: {"additional": {"tags": value}},
    "object": lambda value: {"additional": {"extra": {"it": value}}},
    "string": lambda value: {"additional": {"version": value}},
    "undeclared": lambda value: {"additional": {"nope": value}},
    "payload": lambda value: {"additional": value},
    "subject": lambda value: {"user": value},
    "argument": lambda value: {"usr": value},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", LARGE)
def test_no_value_takes_long_wherever_it_is_passed(kind: str, place: str) -> None:
    emitter, recorder = an_emitter(on_invalid="quarantine")
    arguments = PLACES[place](LARGE[kind]())
    start = time.process_time()
    emitter.emit(SPOOLED, **arguments)
    assert time.process_time() - start < SECONDS
    assert len(recorder.events) + len(recorder.invalid) == 1
    assert all(len(encode(event)) <= MAX_BYTES for event in recorder.events)


def test_what_is_cut_lies_deepest_and_the_short_lists_of_a_level_stay() -> None:
    emitter, recorder = an_emitter()
    extra = {"long": list(range(200_000)), "short": ["kept"], "nested": [twice(20)], "last": "kept"}
    emitter.emit(SPOOLED, additional={"extra": extra})
    kept = recorder.events[0].additional["extra"]
    assert (kept["short"], kept["last"]) == (["kept"], "kept")
    assert kept["long"][:3] == [0, 1, 2]


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({1: "a", "1": "b"}, {"1": "a", "1…[2]": "b"}),
        ({None: 1, "null": 2}, {"null": 1, "null…[2]": 2}),
        ({"a\0": 1, "a\ud800": 2}, {"a�": 1, "a�…[2]": 2}),
    ],
)
def test_keys_that_become_the_same_text_keep_their_values(given: Any, stored: Any) -> None:
    emitter, recorder = an_emitter()
    emitter.emit(SPOOLED, additional={"extra": given})
    assert list(recorder.events[0].additional["extra"].values()) == list(stored.values())
    assert recorder.events[0].additional["extra"].keys() == stored.keys()


def test_long_keys_that_begin_alike_keep_their_values() -> None:
    emitter, recorder = an_emitter()
    emitter.emit(SPOOLED, additional={"extra": {"k" * 70_000 + "a": 1, "k" * 70_000 + "b": 2}})
    assert sorted(recorder.events[0].additional["extra"].values()) == [1, 2]


class Unreadable:
    """Raises at whatever is done to it."""

    @property
    def __class__(self) -> Any:
        raise LookupError("unreadable")

    @__class__.setter
    def __class__(self, _: Any) -> None: ...

    def _fail(self, *_: object) -> Any:
        raise LookupError("unreadable")

    __str__ = __repr__ = __len__ = __iter__ = __index__ = __float__ = _fail


CALLS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "user": lambda value: {"user": value},
    "project": lambda value: {"project": ("1", value)},
    "actor": lambda value: {"actor": Actor("user", value)},
    "occurred_at": lambda value: {"occurred_at": value},
    "request": lambda value: {"request": RequestContext(ip=value)},
    "additional": lambda value: {"additional": value},
    "additional.version": lambda value: {"additional": {"version": value}},
    "additional.files": lambda value: {"additional": {"files": value}},
    "additional.tags[1]": lambda value: {"additional": {"tags": ["a", value]}},
    "additional.extra.a.b": lambda value: {"additional": {"extra": {"a": {"b": value}}}},
}


@pytest.mark.parametrize("place", CALLS)
def test_a_value_that_cannot_be_read_is_refused_with_its_place_and_what_it_raised(place: str) -> None:
    emitter, _ = an_emitter()
    with pytest.raises(InvalidEvent, match="unreadable") as refused:
        emitter.emit(SPOOLED, **CALLS[place](Unreadable()))
    assert refused.value.field == place


def test_one_value_that_cannot_be_read_takes_no_other_out_of_a_dead_letter() -> None:
    emitter, recorder = an_emitter(on_invalid="quarantine")
    wrong = {"version": Unreadable(), "tags": ["a", Unreadable()], "extra": {"b": 1}, "nope": "kept"}
    emitter.emit(SPOOLED, user="7", additional=wrong)
    kept = json.loads(recorder.invalid[0].payload)
    assert kept["user"] == {"id": "7", "name": None}
    assert (kept["additional"]["nope"], kept["additional"]["extra"]) == ("kept", {"b": 1})
    assert kept["additional"]["tags"][0] == "a"


def test_a_dead_letter_keeps_the_context_that_the_call_stated() -> None:
    emitter, recorder = an_emitter(on_invalid="quarantine")
    emitter.emit(SPOOLED, request=RequestContext(ip="nowhere", user_agent="pip/26", request_id="r1"))
    kept = json.loads(recorder.invalid[0].payload)
    assert (kept["ip"], kept["user_agent"], kept["request_id"]) == ("nowhere", "pip/26", "r1")


def test_a_row_whose_name_cannot_be_loaded_is_known_by_its_id() -> None:
    class Detached(SimpleNamespace):
        @property
        def name(self) -> str:
            raise LookupError("not bound to a session")

    emitter, recorder = an_emitter()
    emitter.emit(SPOOLED, user=Detached(id=7, username="alice"))
    user = recorder.events[0].user
    assert user is not None
    assert (user.id, user.name) == ("7", "alice")


def test_a_value_without_a_name_is_a_wrong_call_and_ends_no_request_in_production() -> None:
    emitter, recorder = an_emitter(on_invalid="quarantine")
    emitter.emit(SPOOLED, "7", ("p", "shop"))  # type: ignore[arg-type]
    asyncio.run(emitter.aemit(SPOOLED, "7"))  # type: ignore[arg-type]
    assert emitter.emit(SPOOLED, self=1).outcome == "quarantined"  # type: ignore[call-arg]
    assert [kept.problem.partition(";")[0] for kept in recorder.invalid] == [
        "argument 2: there is no such argument",
        "argument 2: there is no such argument",
        "self: there is no such argument",
    ]
    assert json.loads(recorder.invalid[0].payload)["argument 3"] == ["p", "shop"]
