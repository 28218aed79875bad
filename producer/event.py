"""The event as a value: the facts captured when it happened. Version 1 of the wire format.

The same fields as in the stream's ``e``; see docs/wire-format.md. The garbage collector
does not track the structs (``gc=False``): they come from JSON or from arguments, and
neither can hold a reference cycle back to them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

VERSION = 1
MAX_BYTES = 64 * 1024
NUMBER_ROOM = 1_536
"""Bytes that a sequence number and `MAX_VOIDS` unused ones may take."""

MAX_USER_AGENT = 1024  # characters
MAX_ID = 255  # characters
MAX_PRODUCER = 64  # characters
MAX_SEQUENCE = 2**31 - 2  # so that the exclusive end of a range still fits into int4
MAX_VOIDS = 100

Tag = Annotated[str, msgspec.Meta(max_length=128)]  # the catalogue checks its grammar
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID)]
Name = Annotated[str, msgspec.Meta(max_length=255)]
ProducerId = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_PRODUCER)]
Sequence = Annotated[int, msgspec.Meta(ge=1, le=MAX_SEQUENCE)]
Voids = Annotated[list[Sequence], msgspec.Meta(max_length=MAX_VOIDS)]

ActorKind = Literal["user", "service", "staff", "system", "anonymous"]


class Subject(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A user, project or organization: its stable id, and its name at the time of the event."""

    id: Id
    name: Name | None = None


class Credential(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """What the actor authenticated with, never the secret itself.

    The id of a session is stored as a fingerprint, and so is what looks like a key.

    Attributes:
        kind: ``session``, ``api_token``, ``trusted_publisher`` and the like.
        id: tells it from others, and nobody can log in with it.
        label: what its owner calls it.
        id_is_public: the id is stored as it is: the application says that nobody can use it.
    """

    kind: Id
    id: Id | None = None
    label: Name | None = None
    id_is_public: bool | UnsetType = UNSET

    def __repr__(self) -> str:
        """Without id and label: it is written into logs, and the id may be that of a live session."""
        return f"Credential({self.kind!r}, …)"


class Actor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Who did it, with which credential and on whose behalf."""

    kind: ActorKind
    id: Id | None = None
    name: Name | None = None
    credential: Credential | None = None
    on_behalf_of: Subject | None = None


ANONYMOUS = Actor(kind="anonymous")


class Requester(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Whose request it was in which another one acted, such as the application itself."""

    kind: ActorKind
    id: Id | None = None
    name: Name | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One recorded action. Times are UTC; the id's time is `occurred_at` to the millisecond.

    `producer` and `seq` are the process and its sequence number, by which missing events are detected;
    `voids` are earlier numbers of that process that no event has. Not every event is numbered.
    """

    v: int = VERSION
    id: UUID
    tag: Tag
    occurred_at: Annotated[datetime, msgspec.Meta(tz=True)]
    user: Subject | None = None
    project: Subject | None = None
    organization: Subject | None = None
    actor: Actor = ANONYMOUS
    ip: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    user_agent: Annotated[str, msgspec.Meta(max_length=MAX_USER_AGENT)] | None = None
    request_id: Id | None = None
    additional: dict[str, Any] = {}
    requested_by: Requester | UnsetType | None = UNSET
    producer: ProducerId | UnsetType | None = UNSET
    seq: Sequence | UnsetType | None = UNSET
    voids: Voids | UnsetType | None = UNSET
