"""An export is what the pages show, to the letter, whatever is in the events and however many there are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from tests.support.rows import NOON, event_row, store, store_in
from trailkeeper.models.engine import make_engine, transaction
from trailkeeper.models.histories import Question, export
from trailkeeper.models.tables import ClientRow, LocationRow
from trailkeeper.producer.catalogue import load
from trailkeeper.views.policy import Policy
from trailkeeper.views.reading import Reader
from trailkeeper.views.viewer import ANYBODY, Viewer

ADMIN = Viewer(user_id="boss", staff=True)
OWNER = Viewer(user_id="u1", projects={"p": "owner"})
MAINTAINER = Viewer(user_id="m", projects={"p": "maintainer"})
OF_PROJECT = Question(about="project", id="p")
TAGS = ("project:release:add", "project:role:add", "project:quarantine:enter", "project:nobody:knows")

storable = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
names = st.one_of(
    st.none(), storable, st.sampled_from(("\\N", "\b", "a\tb", 'a "b"', "a\\tb", "\r\n", "=1", "\ue000", ""))
)
values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), names
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(storable, inner, max_size=3)),
    max_leaves=6,
)
rows = st.builds(
    event_row,
    st.integers(0, 10**10).map(lambda micros: NOON + timedelta(microseconds=micros)),
    tag=st.sampled_from(TAGS),
    scope=st.just("project"),
    project_id=st.just("p"),
    project_name=names,
    user_id=st.one_of(st.none(), st.just("u1")),
    user_name=names,
    actor_kind=st.sampled_from(("user", "staff", "service", "system", "anonymous")),
    actor_id=names,
    actor_name=names,
    credential_kind=names,
    credential_label=names,
    on_behalf_of_id=names,
    ip=st.sampled_from((None, "192.0.2.1", "192.0.2.0/24", "2001:db8::1", "2001:db8::/48")),
    request_id=names,
    additional=st.one_of(
        st.none(), st.dictionaries(st.sampled_from(("version", "submitted_by", "x")), values)
    ),
)


def pages(reader: Reader, viewer: Viewer, question: Question) -> list[dict[str, Any]]:
    found, before = [], None
    while True:
        page = reader.page(viewer, question, limit=1000, before=before)
        found += page.events
        if page.older is None:
            return found
        before = page.older


def assert_same(reader: Reader, viewer: Viewer, question: Question) -> int:
    """To the letter, so that the order of keys counts too; returns how many events there are."""
    shown = pages(reader, viewer, question)
    assert list(map(msgspec.json.encode, reader.export(viewer, question))) == list(
        map(msgspec.json.encode, shown)
    )
    return len(shown)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=st.lists(rows, min_size=1, max_size=20))
def test_an_export_is_to_the_letter_what_the_pages_show(engine: Engine, rows: list[dict[str, Any]]) -> None:
    with transaction(engine) as connection:
        connection.execute(text("DELETE FROM events"))
    store(engine, *rows)
    reader = Reader(engine, Policy(load()))
    assert assert_same(reader, ADMIN, Question()) == len(rows)
    for viewer in (OWNER, MAINTAINER, ANYBODY):
        assert_same(reader, viewer, OF_PROJECT)


def test_numbers_that_only_postgres_knows_do_not_break_an_export(engine: Engine) -> None:
    store(engine, event_row())
    with transaction(engine) as connection:
        huge = """UPDATE events SET additional = '{"count": 1.5e400, "id": 12345678901234567890123}'"""
        connection.execute(text(huge))
    reader = Reader(engine, Policy(load()))
    assert assert_same(reader, ADMIN, Question()) == 1


def test_places_and_clients_are_told_beyond_what_is_remembered(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trailkeeper.models.histories.derivations.MOST", 2)
    monkeypatch.setattr(export, "PART", 3)
    derived = {"source": "test", "build": "1"}
    places = [
        store_in(engine, LocationRow, digest=b"%d" % n, display=f"Town {n}", **derived) for n in range(5)
    ]
    clients = [
        store_in(
            engine, ClientRow, digest=b"%d" % n, user_agent=f"a{n}", display=f"A {n}", kind="tool", **derived
        )
        for n in range(5)
    ]
    moments = [NOON + timedelta(days=10 * n) for n in range(20)]
    store(
        engine,
        *(
            event_row(moment, location_id=[*places, None][n % 6], client_id=[*clients, 10**6][n % 6])
            for n, moment in enumerate(moments)
        ),
    )
    reader = Reader(engine, Policy(load()))
    assert assert_same(reader, ADMIN, Question()) == len(moments)
    found = list(reader.export(ADMIN, Question()))
    assert [event["location"] and event["location"]["display"] for event in found[::-1]] == [
        [*(f"Town {n}" for n in range(5)), None][n % 6] for n in range(20)
    ]


def test_times_are_utc_wherever_the_connections_clock_is(engine: Engine) -> None:
    store(engine, event_row(NOON), event_row(NOON + timedelta(microseconds=120)))
    url = engine.url.update_query_dict({"options": "-c timezone=Asia/Kathmandu"})
    abroad = make_engine(url.render_as_string(hide_password=False), application_name="test")
    with transaction(abroad) as connection:
        connection.execute(text("SET SESSION timezone = 'Asia/Kathmandu'"))
    found = list(Reader(abroad, Policy(load())).export(ADMIN, Question()))
    abroad.dispose()
    assert [event["occurred_at"] for event in found] == [
        "2026-11-15T12:00:00.000120Z",
        "2026-11-15T12:00:00.000000Z",
    ]
