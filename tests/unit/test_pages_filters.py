"""The filters of a page: from the address to a question, and back into addresses and form."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from trailkeeper.producer import catalogue
from trailkeeper.views.history_request import HistoryKey
from trailkeeper.views.pages.addresses import Query
from trailkeeper.views.pages.event_types import offered
from trailkeeper.views.pages.form import chips, fields, spans
from trailkeeper.views.pages.typed_filters import ALL, PUBLIC, parse

KNOWN = catalogue.load()


def _to(query: Query) -> str:
    return urlencode(list(query))


def test_an_address_says_all_that_is_asked() -> None:
    params = {
        "tag": "account:login:*",
        "actor": "u1",
        "since": "2026-11-15T12:00",
        "until": "2026-11-16T13:00:00+01:00",
        "address": "192.0.2.0/24",
        "country": "de",
        "asn": "AS64496",
        "client": "twine",
        "text": "blue key",
        "via_service": "true",
    }
    question, filters = parse(params, ALL, HistoryKey("all", None))

    assert filters.problem is None
    assert question.tags == ("account:login:*",)
    assert question.since == datetime(2026, 11, 15, 12, tzinfo=UTC)
    assert question.until == datetime(2026, 11, 16, 12, tzinfo=UTC)
    assert (question.address, question.country_code, question.client) == ("192.0.2.0/24", "DE", "twine")
    assert question.as_number == 64496
    assert (question.actor, question.text, question.via_service) == ("u1", "blue key", True)
    assert filters.query == [(name, params[name]) for name in ALL]


def test_fields_left_empty_ask_nothing() -> None:
    question, filters = parse({"tag": "", "since": " ", "text": ""}, ALL, HistoryKey("project", "p1"))

    assert question.tags == ()
    assert (question.since, question.text, filters.values) == (None, None, {})


def test_what_is_not_offered_is_not_asked() -> None:
    question, filters = parse(
        {"address": "192.0.2.1", "tag": "file:add"}, PUBLIC, HistoryKey("project", "p1")
    )

    assert question.address is None
    assert filters.values == {"tag": "file:add"}


@pytest.mark.parametrize(
    ("params", "wrong"),
    [
        ({"tag": "no tag"}, "tag"),
        ({"since": "yesterday"}, "since"),
        ({"until": "1969-01-01"}, "until"),
        ({"since": "2026-02-01", "until": "2026-01-01"}, "until"),
        ({"address": "nonsense"}, "address"),
        ({"country": "Germany"}, "country"),
        ({"asn": "Cloudflare"}, "asn"),
        ({"text": "x" * 201}, "text"),
        ({"client": "x" * 999}, "client"),
        ({"actor": "\0"}, "actor"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_field(params: dict[str, str], wrong: str) -> None:
    question, filters = parse(params, ALL, HistoryKey("all", None))

    assert filters.problem
    assert filters.wrong == wrong
    assert filters.values == params
    assert question == parse({}, ALL, HistoryKey("all", None))[0]


def test_programs_are_given_times_with_a_zone() -> None:
    _, filters = parse({"since": "2026-11-15T12:00", "tag": "file:add"}, ALL, HistoryKey("all", None))

    assert filters.for_api == [("tag", "file:add"), ("since", "2026-11-15T12:00:00Z")]


def test_each_filter_in_use_can_be_taken_off_alone() -> None:
    _, filters = parse(
        {"tag": "file:add", "country": "DE", "via_service": "true"}, ALL, HistoryKey("all", None)
    )

    assert [(chip.name, chip.value, chip.without) for chip in chips(ALL, filters, _to)] == [
        ("Event type", "file:add", "country=DE&via_service=true"),
        ("Country", "DE", "tag=file%3Aadd&via_service=true"),
        ("Only what services and programs did", "yes", "tag=file%3Aadd&country=DE"),
    ]


def test_a_time_of_the_address_fits_its_field() -> None:
    _, filters = parse(
        {"since": "2026-11-15T13:00:05+01:00", "until": "2026-11-16"}, ALL, HistoryKey("all", None)
    )
    found = {field.name: field.value for field in fields(ALL, filters, [])}

    assert (found["since"], found["until"]) == ("2026-11-15T12:00:05", "2026-11-16T00:00")


def test_quick_spans_keep_the_other_filters_and_reach_up_to_now() -> None:
    _, filters = parse({"tag": "file:add", "until": "2026-11-16"}, ALL, HistoryKey("all", None))
    now = datetime(2026, 11, 24, 16, tzinfo=UTC)

    assert dict(spans(filters, _to, now))["7 days"] == "tag=file%3Aadd&since=2026-11-17T16%3A00"


def test_a_person_is_offered_what_they_can_see_in_words() -> None:
    found = dict(option for _, options in offered(KNOWN, frozenset({"public"}), "") for option in options)

    assert found["file:add"] == "… uploaded a file to …"
    assert "account:login:success" not in found
    assert set(found) == {kind.tag for kind in KNOWN if "public" in kind.audience}


def test_admins_are_offered_every_tag_and_their_beginnings() -> None:
    groups = offered(KNOWN, None, "")
    found = {tag for _, options in groups for tag, _ in options}

    assert {kind.tag for kind in KNOWN} <= found
    assert {"account:login:*", "project:*"} <= found
    assert all(parse({"tag": tag}, ALL, HistoryKey("all", None))[1].problem is None for tag in found)


def test_the_tag_that_is_asked_for_is_offered_whatever_it_is() -> None:
    groups = offered(KNOWN, frozenset({"self"}), "shop:order:pay")

    assert groups[0] == ("", [("shop:order:pay", "shop:order:pay")])
