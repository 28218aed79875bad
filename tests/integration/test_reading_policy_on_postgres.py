"""No path returns a row or a field that the policy hides, no filter tells what is hidden, all paths agree."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from tests.support.rows import NOON, store, store_in
from tests.support.trail import BEGIN, END, questions, trail, viewers
from trailkeeper.models.engine import transaction
from trailkeeper.models.histories import Cursor, Question, StoredEvent, Visible
from trailkeeper.models.histories.page import read_page
from trailkeeper.models.tables import ClientRow, LocationRow, NetworkRow
from trailkeeper.producer.catalogue import load
from trailkeeper.views.errors import NotFound
from trailkeeper.views.masking import masked
from trailkeeper.views.policy import Policy
from trailkeeper.views.reading import Reader
from trailkeeper.views.viewer import Viewer

ADMIN = Viewer(staff=True)
POLICY = Policy(load())
SECRETS = ("192.0.2.1", "198.51.100.1", "Berlin", "Firefox", "AS64496", "Example", "laptop", "r1")


class World:
    """A database with dictionary rows, filled anew for each example."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        derived = {"source": "test", "build": "1"}
        places = (("Berlin, DE", "DE"), ("New York, NY, US", "US"))
        locations = tuple(
            store_in(engine, LocationRow, digest=_digest(name), display=name, country_code=code, **derived)
            for name, code in places
        )
        networks = tuple(
            store_in(
                engine,
                NetworkRow,
                digest=_digest(str(asn)),
                display=f"AS{asn} Example",
                asn=asn,
                operator="Example",
                **derived,
            )
            for asn in (64496, 64497)
        )
        clients = tuple(
            store_in(
                engine, ClientRow, digest=_digest(name), user_agent=name, display=name, kind=kind, **derived
            )
            for name, kind in (("Firefox", "browser"), ("pip", "installer"))
        )
        self.derivations = {"location_id": locations, "client_id": clients, "network_id": networks}

    def fill(self, seed: int) -> list[StoredEvent]:
        """Store a random trail in place of the one before; returns it as it is read, newest first."""
        with transaction(self.engine) as connection:
            connection.execute(text("DELETE FROM events"))
        store(self.engine, *trail(seed, 80, self.derivations))
        with transaction(self.engine) as connection:
            return read_page(connection, Question(), limit=1000).events


def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


seeds = st.integers(0, 1 << 32)
asked = st.tuples(viewers, questions())
relaxed = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def expected(events: list[StoredEvent], viewer: Viewer, question: Question) -> list[dict[str, Any]]:
    """The answer as the policy means it: filters look at nothing but what is shown."""
    candidates = ((event, masked(POLICY, viewer, event)) for event in events if belongs(event, question))
    return [found for _, found in candidates if found is not None and fits(found, question)]


def belongs(event: StoredEvent, question: Question) -> bool:
    """Whether an event belongs to the history that is asked about, to one who sees everything."""
    match question.about:
        case "user":
            acted = event.actor_id if event.actor_kind == "user" else None
            return question.id in (event.user_id, acted, event.on_behalf_of_id)
        case "actor":
            return event.actor_id == question.id
        case "project":
            return event.project_id == question.id
        case "organization":
            return event.organization_id == question.id
        case _:
            return True


def fits(found: dict[str, Any], question: Question) -> bool:
    """Whether what is shown of an event says that it fits the filters."""
    location, client, network = (found.get(of) or {} for of in ("location", "client", "network"))
    credential = found["actor"].get("credential") or {}
    via = found["actor"]["kind"] == "service" or credential.get("kind") == "api_token"
    by = question.actor or (question.id if question.about == "actor" else None)
    return all(
        (
            not question.tags or any(_tagged(found["tag"], tag) for tag in question.tags),
            not question.address or found.get("ip") == "192.0.2.1",
            not question.country_code or location.get("country_code") == question.country_code,
            not question.asn or network.get("asn") == 64496,
            not question.client or client.get("display") == "Firefox",
            not question.via_service or via,
            not by or found["actor"].get("id") == by,
            not question.text or (_whole(found) and "needle" in str(found["additional"])),
        )
    )


def _whole(found: dict[str, Any]) -> bool:
    return "additional.private" not in found["withheld"]


def _tagged(tag: str, wanted: str) -> bool:
    return tag.startswith(wanted[:-1]) if wanted.endswith("*") else tag == wanted


def walk(reader: Reader, viewer: Viewer, question: Question, *, back: bool) -> list[dict[str, Any]]:
    """Every page of seven, from the newest on, or from the oldest back."""
    found: list[dict[str, Any]] = []
    place: Cursor | None = UUID(int=0) if back else None
    while True:
        how: dict[str, Any] = {"after": place} if back else {"before": place}
        page = reader.page(viewer, question, limit=7, **how)
        found = [*page.events, *found] if back else [*found, *page.events]
        place = page.newer if back else page.older
        if place is None:
            return found


@relaxed
@given(data=st.data())
def test_every_path_shows_what_the_policy_shows_and_filters_tell_nothing_more(
    world: World, data: st.DataObject
) -> None:
    events = world.fill(data.draw(seeds))
    reader = Reader(world.engine, POLICY)
    for viewer, question in data.draw(st.lists(asked, min_size=6, max_size=6)):
        if not POLICY.may_ask(viewer, question):
            for ask in (reader.page, reader.export, reader.places):
                with pytest.raises(NotFound):
                    ask(viewer, question)
            continue
        answer = expected(events, viewer, question)
        assert reader.page(viewer, question, limit=1000).events == answer
        assert walk(reader, viewer, question, back=False) == answer
        assert walk(reader, viewer, question, back=True) == answer
        assert list(reader.export(viewer, question)) == answer
        assert reader.newer_than(viewer, question, UUID(int=0)) == answer[::-1]
        activity = reader.activity(viewer, question, "day")
        assert {count.start: count.events for count in activity.counts} == _by_day(answer)
        located = [found for found in answer if found.get("location")]
        assert sum(place.events for place in reader.places(viewer, question)) == len(located)


@relaxed
@given(data=st.data())
def test_an_event_by_its_id_is_shown_as_in_a_history_or_not_at_all(world: World, data: st.DataObject) -> None:
    events = world.fill(data.draw(seeds))
    reader, viewer = Reader(world.engine, POLICY), data.draw(viewers)
    for event in events[:10]:
        document = masked(POLICY, viewer, event)
        assert reader.with_id(viewer, event.id) == ([] if document is None else [document])
    assert reader.with_id(viewer, UUID(int=1)) == []


@relaxed
@given(data=st.data())
def test_the_rows_of_which_all_is_seen_or_the_origin_are_those_of_whose_documents_it_is_said(
    world: World, data: st.DataObject
) -> None:
    events = world.fill(data.draw(seeds))
    viewer = data.draw(viewers)
    sights = [(event, POLICY.sight(viewer, event)) for event in events]
    with transaction(world.engine) as connection:
        full = read_page(connection, Question(), limit=1000, visible=Visible(POLICY.in_full(viewer))).events
        located = read_page(
            connection, Question(), limit=1000, visible=Visible(POLICY.with_origin(viewer))
        ).events
    assert full == [event for event, sight in sights if sight and sight.payload == "full"]
    assert located == [event for event, sight in sights if sight and sight.origin]


@relaxed
@given(data=st.data())
def test_a_redacted_event_holds_nothing_of_what_is_hidden(world: World, data: st.DataObject) -> None:
    events = world.fill(data.draw(seeds))
    viewer = data.draw(viewers)
    for event in events:
        found = masked(POLICY, viewer, event)
        if found is None:
            continue
        assert (found["view"] == "full") == (not {*found["withheld"]} - {"actor.credential"})
        if "ip" in found["withheld"]:
            assert not [secret for secret in SECRETS if f"'{secret}" in str(found)]
        if not _whole(found):
            assert not {"submitted_by", "removed_by", "undeclared"} & set(found["additional"])


def _by_day(answer: list[dict[str, Any]]) -> dict[datetime, int]:
    days: dict[datetime, int] = {}
    for found in answer:
        day = datetime.fromisoformat(found["occurred_at"]).replace(hour=0, minute=0, second=0, microsecond=0)
        days[day] = days.get(day, 0) + 1
    return days


def test_the_world_of_these_tests_holds_what_they_are_about() -> None:
    assert NOON - BEGIN < timedelta(days=1) < END - BEGIN
    known = {kind.tag: kind.audience for kind in POLICY.catalogue}
    assert known["account:login:failure"] == {"self": "full"}
    assert known["project:quarantine:enter"]["owner"] == "redacted"
    assert known["admin:user:flags:change"] == {}
