"""docs/values.md, row by row: what may be passed, and what is stored."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections import UserString
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from email.message import Message
from enum import Enum, IntEnum
from fractions import Fraction
from ipaddress import IPv4Address, ip_address, ip_interface
from numbers import Integral
from pathlib import Path, PurePosixPath
from time import gmtime
from types import MappingProxyType, SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import urlparse, urlsplit
from uuid import UUID
from wsgiref.headers import Headers as WsgiHeaders

import httpx
import pytest
from django.utils.datastructures import MultiValueDict
from django.utils.functional import SimpleLazyObject, lazy
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from sqlalchemy import create_engine, make_url, text
from starlette.datastructures import URL, QueryParams
from starlette.datastructures import Headers as StarletteHeaders
from werkzeug.datastructures import Headers, MultiDict
from werkzeug.local import LocalProxy

from tests.support.emitting import SPOOLED, an_emitter
from trailkeeper import Actor, Credential, InvalidEvent, RequestContext, Subject, bind, set_actor
from trailkeeper.producer.event import MAX_BYTES
from trailkeeper.producer.lines import read_lines
from trailkeeper.producer.middleware.wsgi import WSGIMiddleware
from trailkeeper.producer.requests.origin import KEY
from trailkeeper.producer.wire import encode

PAGE = Path(__file__).parents[2] / "docs/values.md"
REFUSED = "refused"
KEYS = {
    "string": "version",
    "integer": "files",
    "number": "score",
    "boolean": "yanked",
    "array": "tags",
    "object": "extra",
}


class Colour(str, Enum):  # noqa: UP042 - the older form, which many applications have
    RED = "red"


class Level(IntEnum):
    HIGH = 3


class Pair(Enum):
    ONE = ("a", 1)


class Clock(datetime):
    """As freezegun and pendulum have one."""


class Row(SimpleNamespace):
    """A row of an ORM."""


class Int64:
    """As numpy has one, which registers its numbers with Python's."""

    def __init__(self, value: int) -> None:
        self._value = value

    def __index__(self) -> int:
        return self._value

    def __str__(self) -> str:
        return str(self._value)

    def __eq__(self, other: object) -> bool:
        return self._value == other

    def __hash__(self) -> int:
        return hash(self._value)


Integral.register(Int64)


class Frozen(BaseModel, frozen=True):
    name: str


class AnonymousUser:
    """As Django's, which cannot be imported without its tables."""

    id = pk = None
    username = ""
    is_anonymous = True


class Login(NamedTuple):
    user: str
    password: str | None


QUERY = "SELECT 7 AS id, 'alice' AS name"


def query_row(query: str = QUERY) -> Any:
    engine = create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            return connection.execute(text(query)).one()
    finally:
        engine.dispose()


def sqlite_row(query: str = QUERY) -> Any:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(query).fetchone()


NAMES = {
    kind.__name__: kind
    for kind in (
        *(Colour, Level, Pair, Clock, Row, AnonymousUser, Actor, Credential, Subject, UUID, Decimal),
        *(Fraction, IPv4Address, UserString, LocalProxy, PurePosixPath, datetime, date, timedelta, timezone),
        *(ip_address, ip_interface, Int64, Frozen, SimpleLazyObject),
        *(urlsplit, make_url, gmtime, Login, Headers, MultiDict, QueryParams),
    )
} | {
    "UTC": UTC,
    "gettext_lazy": lazy(str, str),
    "MappingProxyType": MappingProxyType,
    "query_row": query_row(),
    "sqlite_row": sqlite_row(),
    "RequestURL": URL,  # of a request of FastAPI
}


def rows() -> list[Any]:
    place, made = "", []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            place = line
        elif match := re.fullmatch(r"\| (?:(\w+) \| )?`(.+?)` \| (?:`(.+)`|refused) \|", line):
            made.append(pytest.param(place, *match.groups(), id=f"{match[1] or ''} {match[2]}"))
    return made


def stored(place: str, declared: str | None, value: Any) -> Any:
    emitter, recorder = an_emitter()
    if declared:
        emitter.emit(SPOOLED, additional={KEYS[declared]: value})
        return recorder.events[0].additional[KEYS[declared]]
    for argument in ("user", "actor", "occurred_at"):
        if f"`{argument}=`" in place:
            emitter.emit(SPOOLED, **{argument: value})
            return json.loads(encode(recorder.events[0]))[argument]
    field = "ip" if "ip=" in place else "user_agent"
    emitter.emit(SPOOLED, request=RequestContext(**{field: value}))
    return getattr(recorder.events[0], field)


@pytest.mark.parametrize(("place", "declared", "value", "expected"), rows())
def test_a_value_is_stored_as_the_page_says(
    place: str, declared: str | None, value: str, expected: str | None
) -> None:
    passed = eval(value, dict(NAMES))
    if expected is None:
        with pytest.raises(InvalidEvent):
            stored(place, declared, passed)
    else:
        assert stored(place, declared, passed) == json.loads(expected)


def test_the_page_has_its_tables() -> None:
    assert len(rows()) > 90


SECRET = "abc123secret"
SECRET_QUERY = f"SELECT 'bob' AS name, '{SECRET}' AS password"
message = Message()
message.add_header("X-Api-Key", SECRET)
NAMED: dict[str, Any] = {
    "a named tuple": Login("bob", SECRET),
    "a row of SQLAlchemy": query_row(SECRET_QUERY),
    "a row of sqlite3": sqlite_row(SECRET_QUERY),
    "headers of Werkzeug": Headers([("X-Api-Key", SECRET)]),
    "headers of Starlette": StarletteHeaders({"X-Api-Key": SECRET}),
    "headers of httpx": httpx.Headers({"X-Api-Key": SECRET}),
    "headers of wsgiref": WsgiHeaders([("X-Api-Key", SECRET)]),
    "headers of a mail, and of urllib": message,
    "headers of ASGI": [(b"host", b"example.com"), (b"x-api-key", SECRET.encode())],
    "headers of Mangum": [[b"x-api-key", SECRET.encode()]],
    "a form of Werkzeug": MultiDict([("password", SECRET), ("password", "other")]),
    "a form of Django": MultiValueDict({"password": [SECRET, "other"]}),
    "a query of Starlette": QueryParams([("password", SECRET)]),
    "a URL of SQLAlchemy": make_url(f"postgresql://app:{SECRET}@db.example/shop"),
    "a URL": urlsplit(f"https://bob:{SECRET}@example.com/"),
    "a URL in bytes": urlparse(f"https://bob:{SECRET}@example.com/".encode()),
}
PLACES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "in an object": lambda value: {"additional": {"extra": {"it": value}}},
    "in a list": lambda value: {"additional": {"tags": ["x", value]}},
    "as an object": lambda value: {"additional": {"extra": value}},
    "as a list": lambda value: {"additional": {"tags": value}},
    "as a text": lambda value: {"additional": {"version": value}},
    "as a number": lambda value: {"additional": {"files": value}},
    "as the payload": lambda value: {"additional": value},
    "as a subject": lambda value: {"project": value if type(value) is not Login else [value]},
    "as an actor": lambda value: {"actor": value},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", NAMED)
def test_a_secret_is_found_by_its_name_in_whatever_has_names_for_its_parts(
    kind: str, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    emitter, recorder = an_emitter(on_invalid="quarantine")
    emitter.emit(SPOOLED, **PLACES[place](NAMED[kind]))
    kept = [*map(encode, recorder.events), *(letter.payload for letter in recorder.invalid)]
    assert len(kept) == 1
    assert SECRET not in f"{kept} {recorder.invalid} {caplog.text}"


def test_a_form_keeps_every_value_that_a_client_sent() -> None:
    emitter, recorder = an_emitter()
    fields = {"version": ["1", "2"], "tags": ["a", "b"]}
    emitter.emit(SPOOLED, additional=MultiDict[str, str](fields))
    emitter.emit(SPOOLED, additional=MultiValueDict(fields))
    emitter.emit(SPOOLED, additional=QueryParams("version=1&tags=a&version=2&tags=b"))
    for event in recorder.events:
        assert event.additional == {"version": "1, 2", "tags": ["a", "b"]}


def test_a_row_whose_columns_share_a_name_keeps_all_of_them() -> None:
    same = "SELECT 1 AS id, 2 AS id"
    assert stored("", "object", query_row(same)) == stored("", "object", sqlite_row(same)) == {"id": [1, 2]}


ADDRESSES = [row.values[2:] for row in rows() if "`ip`" in row.values[0] and row.values[2].startswith('"')]


@pytest.mark.parametrize(("value", "expected"), ADDRESSES)
def test_an_address_of_an_imported_line_is_stored_as_one_of_a_call(value: str, expected: str | None) -> None:
    passed = eval(value)
    text = json.dumps({"tag": SPOOLED, "occurred_at": "2026-01-02T00:00:00Z", "ip": passed}).encode()
    (line,) = read_lines([text])
    assert (line.event is None) == (expected is None)
    assert line.event is None or line.event.ip == json.loads(str(expected))


TYPED = ["a\0b", "\ud800", "x" * 70_000, "\0" * 70_000, "é" * 70_000, "", "\u202e", '"' * 70_000]


@pytest.mark.parametrize("typed", TYPED, ids=range(len(TYPED)))
def test_what_a_client_typed_never_keeps_its_event_out_of_the_trail(typed: str) -> None:
    emitter, recorder = an_emitter()
    actor = Actor("user", typed, typed, Credential("session", typed, typed), Subject("1", typed))
    everywhere = {"version": typed, "tags": [typed, {typed: typed}], "extra": {typed: typed, "b": [typed]}}
    context = RequestContext(user_agent=typed, request_id=typed)
    for subject in (typed, (typed, typed), Subject(typed, typed), Row(id=typed, name=typed)):
        emitter.emit(SPOOLED, user=subject, actor=actor, additional=everywhere, request=context)
    assert len(recorder.events) == 4
    assert all(len(encode(event)) <= MAX_BYTES for event in recorder.events)


def test_a_large_event_loses_as_little_as_can_be_and_says_so() -> None:
    emitter, recorder = an_emitter()
    emitter.emit(SPOOLED, additional={"version": "x" * 70_000, "tags": ["short"]})
    event = recorder.events[0]
    assert event.additional["tags"] == ["short"]
    assert event.additional["version"].endswith("x…[cut]")
    assert len(encode(event)) > MAX_BYTES - 2_000


LONG = [list(range(50_000)), {str(n): n for n in range(20_000)}, [["x" * 60] * 9_000]]


@pytest.mark.parametrize("large", LONG, ids=["list", "dict", "nested"])
def test_a_list_that_is_too_long_is_cut_with_a_mark(large: Any) -> None:
    emitter, recorder = an_emitter()
    emitter.emit(SPOOLED, additional={"extra": {"deep": large}})
    assert "[cut]" in str(recorder.events[0].additional)


def test_what_contains_itself_is_stored_to_a_depth() -> None:
    ring: list[Any] = []
    ring.append(ring)
    emitter, recorder = an_emitter()
    emitter.emit(SPOOLED, additional={"tags": ring})
    ring.append(ring)  # twice in itself, which is without end in breadth too
    emitter.emit(SPOOLED, additional={"tags": ring})
    assert "nested too deeply" in str(recorder.events[0].additional)
    assert "[cut]" in str(recorder.events[1].additional)


def test_two_long_ids_that_begin_alike_stay_two() -> None:
    emitter, recorder = an_emitter()
    emitter.emit(SPOOLED, user="x" * 300 + "a", project="x" * 300 + "b")
    event = recorder.events[0]
    assert event.user is not None
    assert event.project is not None
    assert event.user.id != event.project.id
    assert len(event.user.id) == len(event.project.id) == 255


armed: list[bool] = []


@contextmanager
def arming() -> Iterator[None]:
    armed.append(True)
    try:
        yield
    finally:
        armed.clear()


class Hostile:
    """An object of which nothing can be had."""

    def __getattribute__(self, name: str) -> Any:
        if not armed:  # hypothesis itself looks at what it made
            return object.__getattribute__(self, name)
        raise LookupError(name)

    def _fail(self, *_: object) -> Any:
        raise LookupError("hostile")

    __str__ = __repr__ = __bool__ = __eq__ = __hash__ = __iter__ = __len__ = __contains__ = _fail
    __index__ = __float__ = __int__ = __call__ = __getitem__ = _fail


class HostileText(str):
    __slots__ = ()
    __str__ = __repr__ = __hash__ = __eq__ = __len__ = Hostile._fail


class HostileDict(dict[str, Any]):
    items = __iter__ = __len__ = keys = get = Hostile._fail


class HostileTime(datetime):
    utcoffset = __repr__ = Hostile._fail


class HostileMoment(datetime):
    __bool__ = timestamp = utctimetuple = __le__ = __ge__ = __lt__ = __gt__ = __sub__ = Hostile._fail


# made late, as hypothesis itself would stumble over them
HOSTILE: dict[str, Callable[[], Any]] = {
    "object": Hostile,
    "text": lambda: HostileText("x"),
    "dict": lambda: HostileDict(a=1),
    "time": lambda: HostileTime(2026, 1, 1),
    "moment": lambda: HostileMoment(2026, 1, 1, tzinfo=UTC),
    "class": lambda: Hostile,
}
ANYTHING = st.recursive(
    st.sampled_from(sorted(HOSTILE)).map(lambda name: HOSTILE[name]())
    | st.sampled_from([10**4000, float("nan")])
    | st.none()
    | st.booleans()
    | st.text(st.characters())
    | st.binary()
    | st.decimals()
    | st.datetimes()
    | st.uuids(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(), inner)
        | st.builds(lambda part: Row(id=part, name=part), inner)
        | st.builds(lambda part: Actor(kind=part, id=part, credential=part, on_behalf_of=part), inner)
        | st.builds(lambda part: RequestContext(ip=part, user_agent=part, request_id=part, actor=part), inner)
        | st.builds(lambda part: {"version": part, "tags": part, "extra": part}, inner)
        | st.builds(lambda part: {"REMOTE_ADDR": part, "HTTP_USER_AGENT": part, "type": part}, inner)
    ),
    max_leaves=6,
)
ARGUMENTS = st.dictionaries(
    st.sampled_from(["user", "project", "actor", "request", "occurred_at", "additional", "usr"]), ANYTHING
)


@given(tag=st.just(SPOOLED) | ANYTHING, values=ARGUMENTS, bound=ANYTHING)
@settings(max_examples=150, deadline=None)
def test_no_exception_but_ours_leaves_emit_bind_or_set_actor(
    tag: Any, values: dict[str, Any], bound: Any
) -> None:
    lenient, recorder = an_emitter(on_invalid="quarantine")
    with arming(), bind(ip=bound, user_agent=bound, request_id=bound, nonsense=bound):
        set_actor(bound)
        assert lenient.emit(tag, **values).outcome in {"stream", "quarantined"}
        assert asyncio.run(lenient.aemit(tag, **values)).outcome in {"stream", "quarantined"}
        strict, _ = an_emitter()
        try:
            strict.emit(tag, **values)
        except InvalidEvent:
            assert len(recorder.invalid) == 2
        else:
            assert len(recorder.events) == 2
    set_actor(bound)


HEADERS = ["REMOTE_ADDR", "HTTP_USER_AGENT", "HTTP_X_FORWARDED_FOR", "type", "headers", "client", KEY]


@given(environ=st.dictionaries(st.sampled_from(HEADERS), ANYTHING))
@settings(max_examples=100, deadline=None)
def test_no_request_is_lost_because_the_middleware_cannot_read_it(environ: dict[str, Any]) -> None:
    with arming():
        served = WSGIMiddleware(lambda _environ, _start: [b"ok"], ["10.0.0.0/8"])(environ, lambda *_: None)
    assert served == [b"ok"]
