"""Exports: CSV that no spreadsheet takes for a formula, JSON Lines, and streams that end cleanly."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient

from tests.support.api import API, USER, FakeReader, app_with, asking
from trailkeeper.models.errors import StoreUnavailable
from trailkeeper.models.histories import Question
from trailkeeper.producer.testing import recording
from trailkeeper.views import csv_rows
from trailkeeper.views.api.export import CHUNK_EVENTS, file_name, file_parts
from trailkeeper.views.documents.examples import EVENT
from trailkeeper.views.limits import LimitedResponse
from trailkeeper.views.shares import taker
from trailkeeper.views.viewer import Viewer

Event = dict[str, Any]


def redacted() -> Event:
    hidden = ("ip", "location", "client", "network", "request_id")
    event = {key: value for key, value in EVENT.items() if key not in hidden}
    return event | {"actor": {"kind": "staff"}, "view": "redacted", "additional": {}}


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.fixture
def client() -> Iterator[TestClient]:
    reader = FakeReader([dict(EVENT), redacted()])
    with recording(), asking(app_with(reader), USER) as found:
        yield found


def test_a_csv_has_a_row_an_event_and_what_is_hidden_is_empty(client: TestClient) -> None:
    response = client.get(f"{API}/users/u1/events/export?format=csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="trailkeeper-user-u1.csv"'
    full, hidden = rows(response.text)
    assert tuple(full) == csv_rows.HEADER
    assert full["id"] == EVENT["id"]
    assert (full["user_name"], full["ip"], full["location"]) == ("alice", "203.0.113.7", "New York, NY, US")
    assert json.loads(full["additional"]) == EVENT["additional"]
    assert full["network"] == "AS64496 Example"
    assert (hidden["ip"], hidden["location"], hidden["client"], hidden["actor_id"]) == ("", "", "", "")
    assert hidden["network"] == ""
    assert (hidden["actor_kind"], hidden["view"]) == ("staff", "redacted")


def test_json_lines_hold_the_events_as_pages_do(client: TestClient) -> None:
    response = client.get(f"{API}/users/u1/events/export")
    assert response.headers["content-type"] == "application/x-ndjson"
    assert response.headers["content-disposition"] == 'attachment; filename="trailkeeper-user-u1.jsonl"'
    assert [json.loads(line) for line in response.text.splitlines()] == [EVENT, redacted()]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_nothing_is_a_file_too(form: str) -> None:
    with recording(), asking(app_with(FakeReader([])), USER) as client:
        response = client.get(f"{API}/users/u1/events/export?format={form}")
    assert response.status_code == 200
    assert response.text.removeprefix("\ufeff") == (csv_rows.header() if form == "csv" else "")


BEGINNINGS = (
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\uff1d1", "\uff20x", "\ufe661"),
    *('"=1"', "'=1", "\u00a0=1", "\u3000=1", "\ufeff=1"),
)


@pytest.mark.parametrize("begin", BEGINNINGS)
def test_what_a_spreadsheet_would_take_for_a_formula_is_text(begin: str) -> None:
    hostile = EVENT | {"user": {"id": begin, "name": begin}, "sentence": begin, "request_id": begin}
    (row,) = rows(csv_rows.header() + csv_rows.lines([hostile]))
    for name in ("user_id", "user_name", "sentence", "request_id"):
        assert row[name].startswith("'")
        assert csv_rows.original(row[name]) == begin


FORMULAS = tuple("=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\t\r")
letters = st.sampled_from([*FORMULAS, *"ab;,|\n\"' 0\u00a0\u3000"])
any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
texts = st.one_of(st.text(letters, max_size=12), any_text)


def as_cut_elsewhere(text: str, delimiter: str) -> Iterator[str]:
    """The cells of a file as a spreadsheet of another country cuts it, which knows of no quotes within."""
    for line in re.split("[\r\n]", text):
        yield from line.split(delimiter)


@given(texts)
def test_no_cell_begins_a_formula_however_lines_are_cut_and_every_text_can_be_read_back(
    text: str,
) -> None:
    if "\0" in text:
        return  # never stored
    named = {"id": text, "name": text}
    hostile = EVENT | {"user": named, "project": named, "sentence": text, "request_id": text}
    hostile |= {"additional": {"key": text, text or "none": [text, text]}, "location": {"display": text}}
    file = csv_rows.header() + csv_rows.lines([hostile])
    (row,) = rows(file)
    for cell in row.values():
        assert not cell.lstrip(' "\u00a0\u3000\ufeff').startswith(FORMULAS)
    for delimiter in ";\t,|":
        for cell in as_cut_elsewhere(file, delimiter):
            assert not cell.strip(' "\u00a0\u3000\ufeff').startswith(FORMULAS[:12])
    for name in ("user_id", "user_name", "project_id", "sentence", "request_id", "location"):
        assert csv_rows.original(row[name]) == text
    assert json.loads(csv_rows.original(row["additional"])) == hostile["additional"]


def test_a_file_of_csv_is_read_as_unicode_by_excel_and_by_programs(client: TestClient) -> None:
    content = client.get(f"{API}/users/u1/events/export?format=csv").content
    assert content.startswith("\ufeffid,".encode())
    assert content.decode("utf-8-sig").startswith("id,")


LINE_ENDS = "\u0085\u2028\u2029\r\n\x0b\x0c\x1c\x1d\x1e"


def test_an_event_stays_on_one_line_for_every_reader_of_lines() -> None:
    event = EVENT | {"sentence": f"a{LINE_ENDS}b", "additional": {LINE_ENDS: LINE_ENDS}}
    with recording(), asking(app_with(FakeReader([event, event])), USER) as client:
        text = client.get(f"{API}/users/u1/events/export").content.decode()
    assert [json.loads(line) for line in text.splitlines()] == [event, event]


cells = st.one_of(st.none(), st.text(st.sampled_from("ab,;|=+-@ '\t\r\n\"\uff1d"), max_size=4))
subjects = st.one_of(st.none(), st.fixed_dictionaries({"id": cells, "name": cells}))
derivations = st.one_of(st.none(), st.fixed_dictionaries({"display": cells, "country_code": cells}))


@given(
    changes=st.fixed_dictionaries(
        {"sentence": cells, "user": subjects, "project": subjects, "organization": subjects},
        optional={
            "ip": cells,
            "location": derivations,
            "client": derivations,
            "network": derivations,
            "request_id": cells,
        },
    ),
    actor=st.fixed_dictionaries(
        {"kind": st.sampled_from(("user", "staff"))},
        optional={
            "id": cells,
            "name": cells,
            "credential": st.one_of(
                st.none(), st.fixed_dictionaries({"kind": cells, "id": cells, "label": cells})
            ),
            "on_behalf_of": subjects,
        },
    ),
    additional=st.dictionaries(cells.map(str), cells, max_size=2),
)
def test_a_line_is_what_the_csv_module_makes_of_its_cells(
    changes: Event, actor: Event, additional: Event
) -> None:
    event = redacted() | changes | {"actor": actor, "additional": additional}
    assert csv_rows.lines([event]) == csv_rows._csv_line(csv_rows._row(event))


def test_a_file_name_is_one_that_every_system_takes() -> None:
    hostile = Question(about="project", id='a/b\\c"\r\nd: é')
    assert file_name(hostile, "csv") == "trailkeeper-project-a-b-c-d-.csv"
    assert len(file_name(Question(about="user", id="a" * 255), "jsonl")) < 130
    assert file_name(Question(), "jsonl") == "trailkeeper-all.jsonl"


def test_events_are_read_little_further_than_they_are_written() -> None:
    asked = 0

    def events() -> Iterator[Event]:
        nonlocal asked
        for _ in range(10 * CHUNK_EVENTS):
            asked += 1
            yield EVENT

    parts = file_parts(events(), "jsonl")
    assert next(parts).count(b"\n") == CHUNK_EVENTS
    assert asked <= 2 * CHUNK_EVENTS
    assert sum(part.count(b"\n") for part in parts) == 9 * CHUNK_EVENTS


def test_an_export_that_breaks_off_is_no_whole_file_and_its_slot_is_free_again() -> None:
    class Breaking(FakeReader):
        def export(self, viewer: Viewer, question: Question, **_: Any) -> Iterator[Event]:
            def events() -> Iterator[Event]:
                yield from [EVENT] * CHUNK_EVENTS
                raise StoreUnavailable("gone")

            return events()

    app = app_with(Breaking())
    with recording(), asking(app, USER, raise_server_exceptions=True) as client:
        for _ in range(5):
            with pytest.raises(RuntimeError, match="response already started"):
                client.get(f"{API}/users/u1/events/export")
    assert app.state.trailkeeper.exports._shares._keys == {}


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_export_ends_with_the_right_to_it_and_is_no_whole_file(form: str) -> None:
    asked = 0

    def identify(_: Request) -> Viewer | None:
        nonlocal asked
        asked += 1
        return USER if asked <= 3 else Viewer(user_id="u1", staff=True)  # the request, and two parts

    class Long(FakeReader):
        def export(self, viewer: Viewer, question: Question, **_: Any) -> Iterator[Event]:
            return iter([EVENT] * 20 * CHUNK_EVENTS)

    app = app_with(Long(), identify=identify)
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "asgi": {"spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "path": f"{API}/users/u1/events/export",
        "query_string": f"format={form}".encode(),
        "headers": [],
        "server": ("testserver", 443),
        "client": ("192.0.2.1", 1),
    }

    async def receive() -> dict[str, str]:
        await anyio.sleep_forever()
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    with recording():
        anyio.run(app, scope, receive, send)
    bodies = [message for message in sent if message["type"] == "http.response.body"]
    assert len(bodies) == 2
    assert all(message["more_body"] for message in bodies), "a server takes this for an answer cut short"
    assert app.state.trailkeeper.exports._shares._keys == {}


def test_a_third_export_at_once_waits_its_turn() -> None:
    app = app_with(FakeReader())
    taken = [app.state.trailkeeper.exports.acquire(taker(USER, None)) for _ in range(2)]
    with recording() as recorder, asking(app, USER) as client:
        response = client.get(f"{API}/users/u1/events/export")
        assert response.status_code == 429
        assert response.json()["detail"] == "you already have 2 exports; end one of them first"
        assert recorder.events == []
        taken[0]()
        assert client.get(f"{API}/users/u1/events/export").status_code == 200


def test_a_slot_is_given_back_when_whoever_reads_goes_away() -> None:
    given_back: list[bool] = []

    async def endless() -> Any:
        while True:
            yield b"a"
            await anyio.lowlevel.checkpoint()

    async def gone() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def sent(_: Any) -> None:
        await anyio.lowlevel.checkpoint()

    response = LimitedResponse(StreamingResponse(endless()), lambda: given_back.append(True))
    anyio.run(response, {"type": "http", "asgi": {"spec_version": "2.3"}}, gone, sent)
    assert given_back == [True]
