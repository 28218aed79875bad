"""A question to the events: whose history, and which part of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Literal, get_args
from uuid import UUID

from trailkeeper.models.periods import id_floor

Scope = Literal["user", "project", "organization", "system"]
About = Literal["user", "project", "organization", "actor", "all"]

MAX_ID = 255
MAX_TEXT = 200
MAX_TAGS = 50
PART = r"[a-z][a-z0-9_]*"
TAG = re.compile(rf"{PART}(?::{PART}){{1,4}}|{PART}(?::{PART}){{0,3}}:\*", re.ASCII)
COUNTRY_CODE = re.compile(r"[A-Z]{2}", re.ASCII)
AS_NUMBER = re.compile(r"(?:AS)?([1-9][0-9]{0,9})", re.ASCII | re.IGNORECASE)
HIGHEST_AS_NUMBER = 2**32 - 1


@dataclass(frozen=True, kw_only=True)
class Question:
    """Whose history, and filters that every event must meet. A filter that is left out does not apply.

    Attributes:
        about: whose history. A user's holds what was done to it, by it and on its behalf.
        id: the user's, project's, organization's or actor's id; None for ``all``.
        tags: any of these; ``account:login:*`` stands for every tag that begins so.
        since: events of this time (aware) and later.
        until: events before this time (aware).
        address: an IP address, or a network such as ``192.0.2.0/24``.
        country_code: two capital letters of ISO 3166.
        asn: the number of an autonomous system, ``AS13335`` or ``13335``.
        actor: the id of who acted.
        client: what was used, whatever its case: a name (``Firefox``), a kind (``browser``), or both with the
            system as they are shown (``Firefox (Ubuntu)``).
        via_service: only what a service did, or somebody with a credential made for programs, such as an API
            token or a trusted publisher.
        text: letters that occur in `additional`, whatever their case.
        event: the events with this id, one in each scope at most.
        scope: only events of this scope.

    Raises:
        ValueError: names the field, its value and what was expected.
    """

    about: About = "all"
    id: str | None = None
    tags: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    address: str | None = None
    country_code: str | None = None
    asn: str | None = None
    actor: str | None = None
    client: str | None = None
    via_service: bool = False
    text: str | None = None
    event: UUID | None = None
    scope: Scope | None = None

    def __post_init__(self) -> None:
        self._check_about()
        self._check_tags()
        self._check_times()
        for name, value, longest in (
            ("actor", self.actor, MAX_ID),
            ("client", self.client, MAX_TEXT),
            ("text", self.text, MAX_TEXT),
        ):
            if value is not None:
                _check_text(name, value, longest)
        if self.country_code is not None and not COUNTRY_CODE.fullmatch(self.country_code):
            raise ValueError(
                f"country_code is {self.country_code!r}; expected two capital letters such as DE"
            )
        if self.address is not None:
            _network(self.address)
        if self.asn is not None and not 0 < (self.as_number or 0) <= HIGHEST_AS_NUMBER:
            raise ValueError(f"asn is {self.asn[:MAX_ID]!r}; expected a number such as AS13335")

    @property
    def network(self) -> IPv4Network | IPv6Network | None:
        """The address as a network, of one address where a single one was given."""
        return None if self.address is None else _network(self.address)

    @property
    def as_number(self) -> int | None:
        """The number of the autonomous system, without its prefix."""
        match = AS_NUMBER.fullmatch(self.asn or "")
        return int(match[1]) if match else None

    def may_have(self, tag: str) -> bool:
        """Whether an event with this tag can be in the answer."""
        return not self.tags or any(
            tag.startswith(wanted[:-1]) if wanted.endswith("*") else tag == wanted for wanted in self.tags
        )

    def _check_about(self) -> None:
        if self.about not in get_args(About):
            raise ValueError(f"about is {self.about!r}; expected one of {', '.join(get_args(About))}")
        if (self.about == "all") != (self.id is None):
            raise ValueError(
                f"about is {self.about!r} and id is {self.id!r}; expected an id for all but 'all'"
            )
        if self.id is not None:
            _check_text("id", self.id, MAX_ID)

    def _check_tags(self) -> None:
        if len(self.tags) > MAX_TAGS:
            raise ValueError(f"tags holds {len(self.tags)}; expected at most {MAX_TAGS}")
        for tag in self.tags:
            if not TAG.fullmatch(tag):
                raise ValueError(f"tag is {tag!r}; expected one such as account:login:failure or account:*")

    def _check_times(self) -> None:
        for name, moment in (("since", self.since), ("until", self.until)):
            try:
                _ = moment and id_floor(moment)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from error
        if self.since and self.until and self.until < self.since:
            raise ValueError(
                f"until is {self.until.isoformat()}; expected a time after {self.since.isoformat()}"
            )


def _check_text(name: str, value: str, longest: int) -> None:
    try:
        fits = 0 < len(value) <= longest and "\0" not in value and bool(value.encode())
    except UnicodeEncodeError:
        fits = False
    if not fits:
        raise ValueError(
            f"{name} is {value[:longest]!r}; expected 1 to {longest} characters, none of them NUL"
        )


def _network(address: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(address, strict=False)
    except ValueError as error:
        raise ValueError(f"address is {address!r}; expected one such as 192.0.2.7 or 192.0.2.0/24") from error
    if "%" in address:  # a zone, which means something on one machine only
        raise ValueError(f"address is {address!r}; expected one without a zone")
    return network
