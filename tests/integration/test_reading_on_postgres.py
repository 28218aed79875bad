"""Reading for a viewer: new filters, counts, places and exports, on a real database."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from tests.support.rows import NOON, event_row, store, store_in
from trailkeeper.models.histories import Question
from trailkeeper.models.tables import ClientRow, LocationRow
from trailkeeper.producer.catalogue import load
from trailkeeper.views import reading
from trailkeeper.views.errors import NotFound
from trailkeeper.views.policy import Policy
from trailkeeper.views.reading import Reader
from trailkeeper.views.viewer import ANYBODY, Viewer

ADMIN = Viewer(staff=True)
JOE = Viewer(user_id="u1")
EVER: dict[str, Any] = {"since": NOON - timedelta(days=3), "until": NOON + timedelta(days=3)}


@pytest.fixture
def reader(engine: Engine) -> Reader:
    return Reader(engine, Policy(load()))


def named(name: str, minute: int = 0, **columns: Any) -> dict[str, Any]:
    return event_row(NOON + timedelta(minutes=minute), **columns, request_id=name)


def names(reader: Reader, viewer: Viewer = ADMIN, **asked: Any) -> list[str]:
    return [event["request_id"] for event in reader.page(viewer, Question(**asked)).events]


def a_client(engine: Engine, display: str, kind: str, name: str | None) -> int:
    columns = {"user_agent": display, "display": display, "kind": kind, "name": name}
    return store_in(engine, ClientRow, digest=_digest(display), source="test", build="1", **columns)


def a_place(engine: Engine, display: str | None, code: str | None = None, **columns: Any) -> int:
    named = {"display": display, "country_code": code} | columns
    return store_in(engine, LocationRow, digest=_digest(str(display)), source="test", build="1", **named)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def test_an_actor_is_asked_for_within_any_history(engine: Engine, reader: Reader) -> None:
    store(
        engine,
        named("itself", user_id="u1", actor_kind="user", actor_id="u1"),
        named("another", 1, user_id="u1", actor_kind="user", actor_id="u2"),
        named("in a project", 2, scope="project", project_id="p1", actor_kind="user", actor_id="u2"),
        named("nobody", 3, user_id="u1"),
    )
    assert names(reader, actor="u2") == ["in a project", "another"]
    assert names(reader, actor="u1") == ["itself"]
    assert names(reader, about="user", id="u1", actor="u2") == ["another"]
    assert names(reader, about="project", id="p1", actor="u2") == ["in a project"]
    assert names(reader, about="actor", id="u2", actor="u1") == []


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("Firefox", ["firefox"]),
        ("FIREFOX", ["firefox"]),
        ("firefox (ubuntu)", ["firefox"]),
        ("browser", ["chrome", "firefox"]),
        ("pip", ["pip"]),
        ("Fire", []),
        ("%", []),
    ],
)
def test_a_client_is_asked_for_by_name_kind_or_as_it_is_shown(
    engine: Engine, reader: Reader, client: str, expected: list[str]
) -> None:
    known = {
        "firefox": a_client(engine, "Firefox (Ubuntu)", "browser", "Firefox"),
        "chrome": a_client(engine, "Chrome (Windows)", "browser", "Chrome"),
        "pip": a_client(engine, "pip (CPython)", "installer", "pip"),
        "none": None,
    }
    store(engine, *(named(name, minute, client_id=key) for minute, (name, key) in enumerate(known.items())))
    assert names(reader, client=client) == expected


def test_what_services_did_is_told_from_what_people_did(engine: Engine, reader: Reader) -> None:
    store(
        engine,
        named("service", 0, actor_kind="service"),
        named("token", 1, actor_kind="user", credential_kind="api_token"),
        named("own kind", 2, actor_kind="user", credential_kind="robot_key"),
        named("session", 3, actor_kind="user", credential_kind="session"),
        named("password", 4, actor_kind="user", credential_kind="password"),
        named("nothing", 5, actor_kind="user"),
    )
    assert names(reader, via_service=True) == ["own kind", "token", "service"]


def test_a_user_finds_what_services_did_on_its_behalf(engine: Engine, reader: Reader) -> None:
    release = {"scope": "project", "tag": "project:release:add", "project_id": "p1"}
    store(
        engine,
        named("ci", 0, **release, actor_kind="service", actor_id="ci", on_behalf_of_id="u1"),
        named("token", 1, **release, actor_kind="user", actor_id="u1", credential_kind="api_token"),
        named("by hand", 2, **release, actor_kind="user", actor_id="u1", credential_kind="session"),
        named("of another", 3, **release, actor_kind="service", actor_id="ci", on_behalf_of_id="u2"),
    )
    assert names(reader, JOE, about="user", id="u1", via_service=True) == ["token", "ci"]


def test_days_and_hours_are_counted_as_far_as_they_are_seen(engine: Engine, reader: Reader) -> None:
    store(
        engine,
        *(event_row(NOON + timedelta(minutes=minute), user_id="u1") for minute in (0, 59, 60)),
        event_row(NOON + timedelta(days=1), user_id="u1"),
        event_row(NOON, user_id="u1", tag="admin:user:flags:change"),
    )
    question = Question(about="user", id="u1", **EVER)
    hours, days = reader.activity(JOE, question, "hour"), reader.activity(JOE, question, "day")
    day = NOON.replace(hour=0)
    assert [(found.start, found.events) for found in hours.counts] == [
        (NOON + timedelta(days=1), 1),
        (NOON + timedelta(hours=1), 1),
        (NOON, 2),
    ]
    assert [(found.start, found.events) for found in days.counts] == [(day + timedelta(days=1), 1), (day, 3)]
    assert (days.since, days.until, days.complete) == (EVER["since"], EVER["until"], True)
    assert sum(found.events for found in reader.activity(ADMIN, question, "day").counts) == 5


def test_counting_ends_where_there_are_too_many_and_says_so(
    engine: Engine, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_COUNTED", 4)
    store(engine, *(event_row(NOON + timedelta(hours=hour // 2), user_id="u1") for hour in range(8)))
    activity = reader.activity(JOE, Question(about="user", id="u1", **EVER), "hour")
    assert [(found.start, found.events) for found in activity.counts] == [(NOON + timedelta(hours=3), 2)]
    assert (activity.since, activity.complete) == (NOON + timedelta(hours=3), False)


def test_a_time_too_long_to_count_is_cut_to_its_newest_part(reader: Reader) -> None:
    question = Question(about="user", id="u1", since=NOON - timedelta(days=4000), until=NOON)
    assert reader.activity(JOE, question, "hour").since == NOON - timedelta(days=7)
    assert reader.activity(JOE, question, "day").since == NOON - timedelta(days=366)


def test_places_are_counted_where_the_viewer_sees_them_and_the_most_frequent_comes_first(
    engine: Engine, reader: Reader
) -> None:
    berlin = a_place(engine, "Berlin, DE", "DE", latitude=52.5, longitude=13.4)
    paris, nowhere = a_place(engine, "Paris, FR", "FR"), a_place(engine, None, reason="private")
    release = {"scope": "project", "tag": "project:release:add", "project_id": "p1"}
    found_in = (berlin, paris, berlin, nowhere, None)
    store(
        engine,
        *(
            event_row(NOON + timedelta(minutes=i), **release, location_id=key)
            for i, key in enumerate(found_in)
        ),
    )
    question = Question(about="project", id="p1", **EVER)
    places = reader.places(Viewer(projects={"p1": "owner"}), question)
    assert [(place.display, place.country_code, place.latitude, place.events) for place in places] == [
        ("Berlin, DE", "DE", 52.5, 2),
        ("Paris, FR", "FR", None, 1),
    ]
    assert reader.places(ANYBODY, question) == []
    assert len(reader.page(ANYBODY, question).events) == 5


def test_an_export_goes_over_pages_and_can_begin_at_a_place(
    engine: Engine, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_LIMIT", 3)
    rows = [event_row(NOON + timedelta(minutes=minute), user_id="u1") for minute in range(8)]
    store(engine, *rows)
    question = Question(about="user", id="u1")
    exported = [event["id"] for event in reader.export(JOE, question)]
    assert exported == [str(row["id"]) for row in reversed(rows)]
    assert [event["id"] for event in reader.export(JOE, question, before=rows[2]["id"])] == exported[-2:]


def test_a_history_that_is_not_the_viewers_is_not_found_before_anything_is_read(reader: Reader) -> None:
    for viewer, question in (
        (ANYBODY, Question()),
        (JOE, Question(about="user", id="u2")),
        (JOE, Question(about="organization", id="o1")),
    ):
        for ask in (
            reader.page,
            reader.export,
            lambda v, q: reader.newer_than(v, q, UUID(int=0)),
            lambda v, q: reader.activity(v, q, "day"),
            reader.places,
        ):
            with pytest.raises(NotFound, match="there is no such history"):
                ask(viewer, question)


def test_ids_that_look_like_sql_arrays_are_ids(engine: Engine, reader: Reader) -> None:
    odd = "a,'b\"{}\\%s"
    row = event_row(scope="project", tag="project:api_token:add", project_id=odd, user_id="u9")
    store(engine, row)
    owner = Viewer(projects={odd: "owner", "p2": "owner"})
    assert [event["id"] for event in reader.page(owner, Question(about="project", id=odd)).events] == [
        str(row["id"])
    ]
    assert reader.page(Viewer(projects={"a": "owner"}), Question(about="project", id=odd)).events == []
