"""What is known of an event when it happens: the arguments of the call, and the request that runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from .catalogue import EventType
from .context import NOTHING, RequestContext, current, from_request
from .event import ANONYMOUS, MAX_ID, Actor, Event, Subject
from .ids import uuid7
from .requests.forwarded import TrustedProxies
from .validation import actor_of, harmless, is_address, moment_of, subject_of

SubjectLike = Subject | str | int | UUID | tuple[Any, Any] | object
"""A subject in any of the forms that `producer.validation.subject_of` takes."""


class Given(TypedDict, total=False):
    """The arguments of `emit` after the tag."""

    user: SubjectLike | None
    project: SubjectLike | None
    organization: SubjectLike | None
    actor: Actor | None
    additional: Mapping[str, Any] | None
    request: Any
    occurred_at: datetime | None


ARGUMENTS = frozenset(Given.__annotations__)


class Call(Given, total=False):
    """All arguments of `emit` after the tag: what is known of the event, and where it is to go."""

    connection: Any


def event_of(kind: EventType, given: Given, request: RequestContext, now: datetime) -> Event:
    """The event of a call. Its payload is not looked at yet.

    Raises:
        InvalidEvent: a subject, the actor or the time is none.
    """
    occurred_at = given.get("occurred_at")
    moment = now if occurred_at is None else moment_of(occurred_at, now)
    actor = given.get("actor") or request.actor
    return Event(
        id=uuid7(moment),
        tag=kind.tag,
        occurred_at=moment,
        user=subject_of("user", given.get("user")),
        project=subject_of("project", given.get("project")),
        organization=subject_of("organization", given.get("organization")),
        actor=ANONYMOUS if actor is None else actor_of(actor),
        ip=request.ip,
        user_agent=request.user_agent,
        request_id=request.request_id,
        additional=_payload_of(given.get("additional")),
    )


def request_of(given: Any, proxies: TrustedProxies) -> RequestContext:
    """The request that was given, or else the running one, with all that clients wrote made harmless.

    What a client sent never makes an event fail: an address that is none becomes
    None. Only an address that the application itself wrote into a `RequestContext`
    stays, to be refused. So does a wrong actor: the application named it.

    Raises:
        InvalidEvent: *given* is no request.
    """
    found = current() if given is None else from_request(given, proxies)
    if found is NOTHING:
        return found
    believed = found is given or found.ip is None or is_address(found.ip)
    user_agent, request_id = harmless(found.user_agent), harmless(found.request_id, MAX_ID) or None
    if believed and user_agent is found.user_agent and request_id is found.request_id:
        return found  # as nearly always
    return RequestContext(
        ip=found.ip if believed else None, user_agent=user_agent, request_id=request_id, actor=found.actor
    )


def _payload_of(given: Any) -> Any:
    """As a dict where it is some mapping; what it is otherwise is refused later."""
    if given is None:
        return {}
    return dict(given) if isinstance(given, Mapping) else given
