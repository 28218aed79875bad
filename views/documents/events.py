"""The documents that the API returns, as its OpenAPI document describes them.

They only describe: `views.masking` builds what is returned, and tests compare the two.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from .examples import ACTIVITY, EVENT, EVENT_TYPE, PAGE

Scope = Literal["user", "project", "organization", "system"]

Membership = Literal["owner", "maintainer"]


class SubjectDocument(BaseModel):
    """Something with a stable id, and the name that it had when the event occurred."""

    id: str
    name: str | None


class CredentialDocument(BaseModel):
    """What the actor authenticated with."""

    kind: str
    id: str | None
    label: str | None


class ActorDocument(BaseModel):
    """Who did it. `id`, `name`, `credential` and `on_behalf_of` are absent where they are masked."""

    kind: Literal["user", "service", "staff", "system", "anonymous"]
    id: str | None = None
    name: str | None = None
    credential: CredentialDocument | None = None
    on_behalf_of: SubjectDocument | None = None


class LocationDocument(BaseModel):
    """Where the address was, according to `source` of `build`."""

    display: str | None
    city: str | None
    region: str | None
    country: str | None
    country_code: str | None
    latitude: float | None
    longitude: float | None
    asn: int | None
    source: str
    build: str


class ClientDocument(BaseModel):
    """The device or program, according to `source` of `build`."""

    display: str
    kind: str
    name: str | None
    version: str | None
    os: str | None
    device: str | None
    source: str
    build: str


class NetworkDocument(BaseModel):
    """The autonomous system that announced the address, according to `source` of `build`."""

    display: str | None
    asn: int | None
    operator: str | None
    source: str
    build: str


class EventDocument(BaseModel):
    """One event as the viewer may see it. A key that is masked is absent; what is not known is null."""

    model_config = ConfigDict(json_schema_extra={"example": EVENT})

    id: str = Field(description="A UUIDv7: ids are ordered as the events' times are.")
    tag: str
    scope: Scope
    occurred_at: str = Field(json_schema_extra={"format": "date-time"})
    recorded_at: str = Field(json_schema_extra={"format": "date-time"})
    sentence: str | None
    user: SubjectDocument | None
    project: SubjectDocument | None
    organization: SubjectDocument | None
    actor: ActorDocument
    ip: str | None = None
    location: LocationDocument | None = None
    client: ClientDocument | None = None
    network: NetworkDocument | None = None
    request_id: str | None = None
    additional: dict[str, Any]
    view: Literal["full", "redacted"] = Field(description="`full` where nothing is withheld.")
    withheld: list[str] = Field(
        description="What is hidden: keys of the event, `actor.credential`, `additional.private`."
    )
    extras: dict[str, Any] | None = Field(
        default=None,
        description="For admins only: `requested_by`, who made the request where the actor is another one, "
        "such as the application itself, and keys of a newer producer.",
    )


class LinksDocument(BaseModel):
    """Links to this page and to those beside it, with the same filters."""

    self: str
    older: str | None
    newer: str | None


class PageDocument(BaseModel):
    """Events, newest first."""

    model_config = ConfigDict(json_schema_extra={"example": PAGE})

    events: list[EventDocument]
    older: str | None = Field(description="Pass it as `cursor` for older events; null at the end.")
    newer: str | None = Field(description="Pass it as `cursor` for newer events; null on the first page.")
    links: LinksDocument


class CountDocument(BaseModel):
    """How many events occurred in one interval."""

    start: str = Field(json_schema_extra={"format": "date-time"})
    events: int


class ActivityDocument(BaseModel):
    """Events over time, newest interval first, without empty ones."""

    model_config = ConfigDict(json_schema_extra={"example": ACTIVITY})

    counts: list[CountDocument]
    since: str = Field(json_schema_extra={"format": "date-time"}, description="Where counting began.")
    until: str = Field(json_schema_extra={"format": "date-time"}, description="Where it ended.")
    complete: bool = Field(description="False if there were too many events to count all of them.")


class CountedPlaceDocument(BaseModel):
    """How many events came from a place."""

    display: str | None
    country: str | None
    country_code: str | None
    latitude: float | None
    longitude: float | None
    events: int


class PlacesDocument(BaseModel):
    """Places, the most frequent first."""

    places: list[CountedPlaceDocument]


class EventTypeDocument(BaseModel):
    """An entry of the catalogue."""

    model_config = ConfigDict(json_schema_extra={"example": EVENT_TYPE})

    tag: str
    scope: Scope
    group: str
    sentence: str
    payload: dict[str, str]
    private: list[str]
    audience: dict[str, Literal["full", "redacted"]]
    retention_days: int | None
    aliases: list[str]


class EventTypesDocument(BaseModel):
    """Event types, ordered by tag."""

    event_types: list[EventTypeDocument]


class ViewerDocument(BaseModel):
    """The viewer, with their roles."""

    user_id: str | None
    projects: dict[str, Membership]
    organizations: dict[str, Membership]
    staff: bool
