"""One entry of a catalogue: what an event of a tag is about, who may see it, how it reads."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Scope = Literal["user", "project", "organization", "system"]
Role = Literal["self", "owner", "maintainer", "public"]
View = Literal["full", "redacted"]
Delivery = Literal["spooled", "required", "best_effort"]
JsonType = Literal["string", "integer", "number", "boolean", "array", "object"]

SCOPES: tuple[Scope, ...] = ("user", "project", "organization", "system")

MINIMUM_DAYS = 7
"""Noise may go early, but not before somebody had a week to look at it."""


class EventType(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An event type, field for field as its TOML table.

    Attributes:
        tag: the table's name; filled in by the loader.
        scope: whose history it belongs to, and so which retention applies.
        sentence: how it reads, with ``{actor}``, subjects and payload keys in braces, and brackets around
            what is left out where it is not known; see `producer.catalogue.sentence`.
        payload: the allow-list of keys of `additional`, each with its JSON type.
        private: payload keys that only a full view shows.
        personal: payload keys that hold personal data: a scrub or an erasure takes them away.
        audience: who else than admins sees it, and how much; who is missing sees nothing.
        delivery: what happens when Redis does not answer.
        retention_days: how long it is kept, where that differs from the scope's.
        aliases: other spellings under which the tag is accepted, and stored under this one.
        group: the heading in the events reference.
    """

    tag: str = ""
    scope: Scope
    sentence: Annotated[str, msgspec.Meta(min_length=1)]
    payload: dict[str, JsonType] = {}
    private: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    audience: dict[Role, View] = {}
    delivery: Delivery = "spooled"
    retention_days: Annotated[int, msgspec.Meta(ge=MINIMUM_DAYS, le=36_500)] | None = None
    aliases: tuple[str, ...] = ()
    group: str = ""
