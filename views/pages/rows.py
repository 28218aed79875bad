"""An event as the templates show it: in words, with links to everything that the viewer may open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from trailkeeper.models.histories import Question
from trailkeeper.producer.catalogue import Catalogue
from trailkeeper.views.names import name_of
from trailkeeper.views.policy import Policy
from trailkeeper.views.reading import key_of
from trailkeeper.views.viewer import Viewer

from . import words
from .addresses import Addresses
from .sentences import Piece, linked

MOST_BADGE = 60
"""Characters of a credential's label; the event's own page shows all of it."""


@dataclass(frozen=True)
class Row:
    """One event in a list.

    Attributes:
        when: its time in UTC.
        pieces: the sentence, with links.
        kind: of the actor; decides colour and shape of the mark beside it.
        badges: with what the actor acted, and for whom.
        details: place, device, address: as far as the viewer sees them and they are known.
    """

    id: str
    scope: str
    href: str
    when: datetime
    pieces: list[Piece]
    tag: str
    kind: str
    kind_words: str
    badges: list[str]
    details: list[tuple[str, str]]
    redacted: bool


@dataclass(frozen=True)
class Rows:
    """Makes rows for one viewer.

    Attributes:
        here: the path of the page, to which nothing is linked again.
    """

    catalogue: Catalogue
    policy: Policy
    viewer: Viewer
    addresses: Addresses
    here: str = ""

    def of(self, event: dict[str, Any]) -> Row:
        """The row of an event in the API's JSON."""
        kind = event["actor"]["kind"]
        return Row(
            id=event["id"],
            scope=event["scope"],
            href=self.addresses.event(key_of(event)),
            when=words.moment(event["occurred_at"]),
            pieces=linked(self.catalogue, event, self.link),
            tag=event["tag"],
            kind=kind,
            kind_words=words.ACTORS.get(kind, kind),
            badges=list(_badges(event["actor"])),
            details=list(_details(event)),
            redacted=event["view"] == "redacted",
        )

    def link(self, about: str, identity: str) -> str | None:
        """The address of a history that the viewer may ask for."""
        href = self.addresses.history(about, identity)
        return href if href != self.here and may_open(self.policy, self.viewer, about, identity) else None

    def by_day(self, events: Iterable[dict[str, Any]]) -> list[tuple[str, list[Row]]]:
        """Rows under the day of each, in UTC."""
        made = map(self.of, events)
        return [(name, list(group)) for name, group in groupby(made, key=lambda row: words.day(row.when))]


def may_open(policy: Policy, viewer: Viewer, about: str, identity: str) -> bool:
    """Whether the viewer may ask for this history."""
    try:
        question = Question(about=about, id=identity)  # type: ignore[arg-type]
    except ValueError:  # an id that no question takes
        return False
    return policy.may_ask(viewer, question)


def _badges(actor: dict[str, Any]) -> Iterable[str]:
    if credential := actor.get("credential"):
        kind, label = words.credential(credential["kind"]), credential["label"]
        # a service's label is often the service's name, which the sentence has already
        is_new = label and label != actor.get("name")
        yield f"{kind}: {_short(words.plain(label))}" if is_new else kind
    if behalf := actor.get("on_behalf_of"):
        yield f"for {_short(words.plain(name_of(behalf)))}"


def _details(event: dict[str, Any]) -> Iterable[tuple[str, str]]:
    location, client = event.get("location"), event.get("client")
    if location and location["display"]:
        yield "Place", words.plain(location["display"])
    if client and client["display"]:
        yield "Device", words.plain(client["display"])
    if event.get("ip"):
        yield "Address", event["ip"]


def _short(text: str) -> str:
    return text if len(text) <= MOST_BADGE else text[: MOST_BADGE - 1] + "…"
