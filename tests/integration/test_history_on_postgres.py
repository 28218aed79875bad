"""What a history holds, by whose it is and by filter."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.support.rows import NOON, event_row, store, store_in
from trailkeeper.models.engine import transaction
from trailkeeper.models.histories import Page, Question, StoredEvent, StoredNetwork, Visible
from trailkeeper.models.histories.page import read_page
from trailkeeper.models.tables import ClientRow, EventRow, LocationRow, NetworkRow


def _read(engine: Engine, question: Question, **how: Any) -> Page:
    with transaction(engine) as connection:
        return read_page(connection, question, **how)


def _found(engine: Engine, **asked: Any) -> list[str | None]:
    """The request ids of the events found, which the tests use as names."""
    return [event.request_id for event in _read(engine, Question(**asked)).events]


def _named(name: str, minute: int = 0, **columns: Any) -> dict[str, Any]:
    return event_row(**{"occurred_at": NOON + timedelta(minutes=minute)} | columns, request_id=name)


def test_a_users_history_holds_what_was_done_to_it_by_it_and_on_its_behalf(engine: Engine) -> None:
    store(
        engine,
        _named("to it", user_id="u1", actor_kind="staff", actor_id="s1"),
        _named("by it", scope="project", project_id="p1", actor_kind="user", actor_id="u1"),
        _named("by itself", user_id="u1", actor_kind="user", actor_id="u1"),
        _named("for it", scope="organization", actor_kind="service", actor_id="t1", on_behalf_of_id="u1"),
        _named("by a service of this id", scope="system", actor_kind="service", actor_id="u1"),
        _named("of another", user_id="u2", actor_kind="user", actor_id="u2"),
    )

    assert sorted(filter(None, _found(engine, about="user", id="u1"))) == [
        "by it",
        "by itself",
        "for it",
        "to it",
    ]


def test_an_actors_history_holds_what_it_did_to_itself_and_to_others(engine: Engine) -> None:
    store(
        engine,
        _named("itself", user_id="u1", actor_kind="user", actor_id="u1"),
        _named("others", user_id="u2", actor_kind="staff", actor_id="u1"),
        _named("nobody", scope="system", actor_kind="service", actor_id="u1"),
        _named("was done to it", user_id="u1", actor_kind="user", actor_id="u2"),
    )

    assert set(_found(engine, about="actor", id="u1")) == {"itself", "nobody", "others"}


def test_a_projects_and_an_organizations_history_hold_events_of_every_scope(engine: Engine) -> None:
    store(
        engine,
        _named("a", scope="user", user_id="u1", project_id="p1", organization_id="o1"),
        _named("b", 1, scope="project", project_id="p1"),
        _named("c", 2, scope="organization", project_id="p1", organization_id="o1"),
        _named("d", 3, scope="project", project_id="p2"),
    )

    assert _found(engine, about="project", id="p1") == ["c", "b", "a"]
    assert _found(engine, about="organization", id="o1") == ["c", "a"]
    assert _found(engine) == ["d", "c", "b", "a"]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (("account:login:failure",), ["failure"]),
        (("account:login:*",), ["failure", "success"]),
        (("account:*",), ["logins", "failure", "success"]),
        (("account:login:failure", "project:*"), ["project", "failure"]),
        (("account:login:failure", "account:logins:x"), ["logins", "failure"]),
        (("account:nothing",), []),
    ],
)
def test_tags_are_asked_for_whole_or_by_their_beginning(
    engine: Engine, asked: tuple[str, ...], names: list[str]
) -> None:
    tags = {
        "success": "account:login:success",
        "failure": "account:login:failure",
        "logins": "account:logins:x",
        "project": "project:add",
        "accounting": "accounting:add",
    }
    store(engine, *(_named(name, minute, tag=tag) for minute, (name, tag) in enumerate(tags.items())))

    assert _found(engine, tags=asked) == names


def test_since_and_until_are_exact_to_the_microsecond(engine: Engine) -> None:
    moments = [NOON + timedelta(microseconds=step) for step in (-1, 0, 1, 999, 1000, 1001)]
    store(engine, *(_named(str(i), occurred_at=moment) for i, moment in enumerate(moments)))

    assert _found(engine, since=moments[1], until=moments[4]) == ["3", "2", "1"]
    assert _found(engine, since=moments[2]) == ["5", "4", "3", "2"]
    assert _found(engine, until=moments[1]) == ["0"]


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("203.0.113.7", ["one"]),
        ("203.0.113.0/24", ["other", "one", "prefix"]),
        ("0.0.0.0/0", ["other", "one", "prefix"]),
        ("2001:db8::/32", ["six"]),
        ("2001:db8::2", []),
    ],
)
def test_an_address_finds_itself_and_a_network_what_lies_in_it(
    engine: Engine, address: str, names: list[str]
) -> None:
    addresses = {"none": None, "prefix": "203.0.113.0/24", "one": "203.0.113.7", "other": "203.0.113.8"}
    addresses["six"] = "2001:db8::1"
    store(engine, *(_named(name, minute, ip=ip) for minute, (name, ip) in enumerate(addresses.items())))

    assert _found(engine, address=address) == names


def test_an_address_reads_as_it_was_given(engine: Engine) -> None:
    store(
        engine,
        _named("a", ip="203.0.113.7"),
        _named("b", ip="2001:db8::1"),
        _named("c", ip="198.51.100.0/24"),
    )

    found = {event.request_id: event.ip for event in _read(engine, Question()).events}

    assert found == {"a": "203.0.113.7", "b": "2001:db8::1", "c": "198.51.100.0/24"}


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("100%", ["percent"]),
        ("%", ["percent"]),
        ("a_b", ["underscore"]),
        ('say "hi"', ["quote"]),
        ("back\\slash", ["backslash"]),
        ("GRÜSSE", ["umlaut"]),
        ("'; DROP TABLE events; --", []),
        ("%s %(x)s :y", []),
    ],
)
def test_text_is_found_letter_by_letter_whatever_it_means_elsewhere(
    engine: Engine, wanted: str, names: list[str]
) -> None:
    texts = {
        "percent": "100% sure",
        "no percent": "100 sure",
        "underscore": "a_b",
        "no underscore": "axb",
        "quote": 'they say "hi"',
        "backslash": "back\\slash",
        "umlaut": "Grüsse",
    }
    store(
        engine, _named("nothing"), *(_named(name, additional={"note": note}) for name, note in texts.items())
    )

    assert _found(engine, text=wanted) == names


def test_an_event_is_found_by_its_id_only_in_the_history_it_belongs_to(engine: Engine) -> None:
    row = _named("a", user_id="u1")
    store(engine, row, _named("b", user_id="u1"))

    assert _found(engine, event=row["id"]) == ["a"]
    assert _found(engine, about="user", id="u1", event=row["id"]) == ["a"]
    assert _found(engine, about="user", id="u2", event=row["id"]) == []


def test_a_condition_of_the_caller_holds_for_every_event(engine: Engine) -> None:
    store(
        engine,
        _named("a", user_id="u1", tag="account:login:success"),
        _named("b", scope="project", actor_kind="user", actor_id="u1", tag="project:add"),
    )

    page = _read(engine, Question(about="user", id="u1"), visible=Visible(EventRow.tag == "project:add"))

    assert [event.request_id for event in page.events] == ["b"]


def test_an_event_comes_with_its_location_and_client(engine: Engine) -> None:
    facts = {"source": "city.mmdb", "build": "2018-04-03", "digest": b"1"}
    place = store_in(engine, LocationRow, display="Berlin, DE", country_code="DE", latitude=52.5, **facts)
    agent = store_in(engine, ClientRow, user_agent="Mozilla/5.0", display="Firefox", kind="browser", **facts)
    store(engine, _named("here", location_id=place, client_id=agent), _named("nowhere"))

    here = _read(engine, Question(country_code="DE")).events

    assert [event.request_id for event in here] == ["here"]
    assert here[0].location is not None
    assert (here[0].location.display, here[0].location.latitude, here[0].location.city) == (
        "Berlin, DE",
        52.5,
        None,
    )
    assert here[0].client is not None
    assert (here[0].client.user_agent, here[0].client.display) == ("Mozilla/5.0", "Firefox")
    nowhere = next(event for event in _read(engine, Question()).events if event.request_id == "nowhere")
    assert (nowhere.location, nowhere.client) == (None, None)
    assert _found(engine, country_code="FR") == []


def test_an_event_comes_with_its_network_and_is_found_by_its_number(engine: Engine) -> None:
    facts = {"source": "asn.mmdb", "build": "2018-04-03"}
    expected = StoredNetwork(1, "AS64496 Example", 64496, "Example", **facts)
    columns = {name: value for name, value in vars(expected).items() if name != "id"}
    networks = [
        store_in(engine, NetworkRow, digest=b"1", **columns),
        store_in(engine, NetworkRow, digest=b"2", **facts),
    ]
    place = store_in(engine, LocationRow, digest=b"1", display="Berlin, DE", asn=64497, **facts)  # of 0006
    store(
        engine,
        _named("known", network_id=networks[0], location_id=place),
        _named("in none", network_id=networks[1]),
        _named("before", location_id=place),
        _named("nowhere"),
    )

    assert _found(engine, asn="AS64496") == _found(engine, asn="64496") == ["known"]
    assert _found(engine, asn="as64497") == ["before"]
    assert _found(engine, asn="AS1") == []
    [known] = _read(engine, Question(asn="64496")).events
    assert known.network == replace(expected, id=networks[0])


def test_every_column_of_an_event_is_read(engine: Engine) -> None:
    bookkeeping = {"scrubbed_by", "imported_by", "producer_id", "sequence"}
    columns = [column.name for column in EventRow.__table__.columns if column.name not in bookkeeping]

    assert list(StoredEvent.__dataclass_fields__) == [*columns, "location", "client", "network"]


def test_an_event_reads_as_it_was_stored(engine: Engine) -> None:
    row = event_row(
        NOON + timedelta(microseconds=123_456),
        user_id="u1", user_name="Ada \N{WHITE SMILING FACE}", actor_kind="user", actor_id="u1",
        credential_kind="api_token", credential_id="t1", credential_label="ci", extras={"v2": [1]},
        additional={"n": 1, "deep": {"a": [None, True, 1.5]}},
    )  # fmt: skip
    store(engine, row)

    (event,) = _read(engine, Question()).events

    assert {name: getattr(event, name) for name in row} == row
    assert event.scrubbed_at is None


@pytest.mark.parametrize("limit", [0, 1001])
def test_a_page_of_no_or_of_too_many_events_is_refused(engine: Engine, limit: int) -> None:
    with (
        engine.connect() as connection,
        pytest.raises(ValueError, match=f"limit is {limit}; expected 1 to 1000"),
    ):
        read_page(connection, Question(), limit=limit)
