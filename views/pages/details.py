"""The page of one event: its facts, and what was worked out from them, by which data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from trailkeeper.models.histories import EventKey
from trailkeeper.views.app_state import app_state_of
from trailkeeper.views.auth import CurrentViewer
from trailkeeper.views.errors import NotFound
from trailkeeper.views.history_request import events_with_id
from trailkeeper.views.names import name_of
from trailkeeper.views.path_ids import IDENTITY

from . import words
from .rendering import addresses_of, page
from .rows import Rows
from .world import spot

router = APIRouter(include_in_schema=False)

LOCATION = ("city", "region", "country")
CLIENT = ("name", "version", "os", "device")
NAMES = {"os": "System"}
PERSONS = ("user", "staff")


class Fact(NamedTuple):
    """Something known, and where it leads."""

    label: str
    name: str
    href: str | None = None
    mono: bool = False


class SubjectFact(NamedTuple):
    """Whom or what an event is about."""

    label: str
    id: str
    name: str
    href: str | None


@router.get(f"/events/{IDENTITY}")
def of_an_event(request: Request, viewer: CurrentViewer, identity: str) -> HTMLResponse:
    """One event by its scope and id, as far as the viewer may see it; with links to others with this id."""
    place = _place(identity)
    as_of = app_state_of(request).replica_age.as_of(viewer)
    event, *others = events_with_id(request, viewer, place.id, place.scope or None)
    policy = app_state_of(request).reader.policy
    rows = Rows(policy.catalogue, policy, viewer, addresses_of(request))
    row = rows.of(event)
    return page(
        request,
        "event.html",
        viewer,
        title=event["sentence"] or event["tag"],
        event=event,
        row=row,
        others=[rows.of(other) for other in others],
        as_of=as_of,
        stored=event["recorded_at"],
        delay=_delay(event),
        subjects=list(_subjects(event, rows)),
        payload=[(words.words(name), words.value(value)) for name, value in event["additional"].items()],
        scope=words.SCOPES.get(event["scope"], event["scope"]),
        who=[*_who(event["actor"], rows), *_requester(event.get("extras", {}).get("requested_by"), rows)],
        location=list(_derived(event.get("location"), LOCATION)),
        client=list(_derived(event.get("client"), CLIENT)),
        network=_network(event),
        atlas=_spot(event.get("location")),
        json=words.json_text(event),
    )


def _place(text: str) -> EventKey:
    try:
        return EventKey.parse(text, every="")
    except ValueError as error:
        raise NotFound("no event has such an id") from error


def _delay(event: dict[str, Any]) -> str:
    later = words.moment(event["recorded_at"]) - words.moment(event["occurred_at"])
    return words.duration(later.total_seconds())


def _subjects(event: dict[str, Any], rows: Rows) -> Iterator[SubjectFact]:
    for about in ("user", "project", "organization"):
        if subject := event[about]:
            name = words.plain(name_of(subject))
            yield SubjectFact(
                about.capitalize(), words.plain(subject["id"]), name, rows.link(about, subject["id"])
            )


def _who(actor: dict[str, Any], rows: Rows) -> Iterator[Fact]:
    yield Fact("Kind", words.ACTORS.get(actor["kind"], actor["kind"]))
    name, identity = name_of(actor), actor.get("id")
    person = actor["kind"] in PERSONS
    if name:
        href = rows.link("user", identity) if person and identity else None
        yield Fact("Name", words.plain(name), href)
    if identity and identity != name:
        yield Fact("Id", words.plain(identity), mono=True)
    yield from _credential(actor.get("credential"))
    if behalf := actor.get("on_behalf_of"):
        yield Fact("On behalf of", words.plain(name_of(behalf)), rows.link("user", behalf["id"]))


def _requester(requester: Any, rows: Rows) -> Iterator[Fact]:
    """Who else acted in the request, for admins; by its shape, as a newer producer may have said it."""
    match requester:
        case {"kind": kind, "id": str(identity), "name": str() | None}:
            href = rows.link("user", identity) if kind in PERSONS else None
            yield Fact("In a request of", words.plain(name_of(requester)), href)
        case {"kind": str(kind)}:
            yield Fact("In a request of", words.ACTORS.get(kind, words.plain(kind)))


def _credential(credential: dict[str, Any] | None) -> Iterator[Fact]:
    if credential is None:
        return
    yield Fact("Credential", words.credential(credential["kind"]))
    if credential["label"]:
        yield Fact("Its label", words.plain(credential["label"]))
    if credential["id"]:
        yield Fact("Its id", words.plain(credential["id"]), mono=True)


def _derived(derived: dict[str, Any] | None, names: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    if derived is None:
        return
    yield ("Device" if "kind" in derived else "Place"), derived["display"] and words.plain(derived["display"])
    if "kind" in derived:
        yield "Kind", words.CLIENTS.get(derived["kind"], derived["kind"])
    for name in names:
        if derived[name] is not None:
            yield NAMES.get(name, name.capitalize()), words.plain(derived[name])


def _network(event: dict[str, Any]) -> str | None:
    """Of events from before there were networks, the number that their location has."""
    network, location = event.get("network") or {}, event.get("location") or {}
    asn = location.get("asn")
    display = network.get("display") or (f"AS{asn}" if asn else None)
    return display and words.plain(display)


def _spot(location: dict[str, Any] | None) -> Any:
    if location is None:
        return None
    return spot(location["latitude"], location["longitude"], location["display"] or "")
