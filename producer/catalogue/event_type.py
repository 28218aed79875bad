"""One entry of a catalogue: what an event with this tag is about, who may see it, how it reads."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Scope = Literal["user", "project", "organization", "system"]
Role = Literal["self", "owner", "maintainer", "public"]
View = Literal["full", "redacted"]
By = Literal["member", "anyone", "trail"]
Delivery = Literal["spooled", "required", "best_effort"]
JsonType = Literal["string", "integer", "number", "boolean", "array", "object"]

SCOPES: tuple[Scope, ...] = ("user", "project", "organization", "system")

MINIMUM_DAYS = 7
"""Even noise is kept for a week, so that somebody can look at it."""


class EventType(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An event type, with the fields of its TOML table.

    Attributes:
        tag: the table's name; filled in by the loader.
        scope: whose history it belongs to, and so which retention applies.
        sentence: how it reads, with ``{actor}``, subjects and payload keys in braces, and brackets around
            parts that are omitted if a value in them is missing; see `producer.catalogue.sentence`.
        payload: the allowed keys of `additional`, each with its JSON type.
        private: payload keys that only a full view shows.
        personal: payload keys that may hold personal data, free text among them: a scrub or an erasure
            removes them, and what is an address in them is cut as the event's own. ``filters.address`` is the
            key `address` anywhere within `filters`, in objects and lists.
        identifying: likewise, and what is in them names the event's user (a name, an email address): an
            erasure looks for it in other events too.
        verified: those of the identifying keys that the application knows to be the user's, such as an email
            address whose link was followed; anybody can type the others.
        unchecked: payload keys that are not searched for secrets: what is in them is meant to be there.
        audience: who sees it besides admins, and how much; a role that is not named sees nothing.
        by: who can do it, if the policy should not guess: members of the project or organization only, or
            anyone, whose address and device owners then do not see; or the trail, whose workers record what
            they do: from an application it is a forgery.
        delivery: what happens when Redis does not answer.
        retention_days: how long it is kept, if that differs from the scope's retention.
        aliases: other spellings that are accepted, and stored under this tag.
        group: the heading in the events reference.
    """

    tag: str = ""
    scope: Scope
    sentence: Annotated[str, msgspec.Meta(min_length=1)]
    payload: dict[str, JsonType] = {}
    private: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    identifying: tuple[str, ...] = ()
    verified: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    audience: dict[Role, View] = {}
    by: By | None = None
    delivery: Delivery = "spooled"
    retention_days: Annotated[int, msgspec.Meta(ge=MINIMUM_DAYS, le=36_500)] | None = None
    aliases: tuple[str, ...] = ()
    group: str = ""
