"""The facts of an event: the arguments of the call, and the running request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol, TypedDict
from uuid import UUID

from .catalogue import EventType
from .context import NOTHING, RequestContext, current, from_request
from .event import ANONYMOUS, MAX_ID, Actor, Event, Subject
from .ids import uuid7
from .requests.forwarded import TrustedProxies
from .validation import actor_of, harmless, is_address, moment_of, subject_of


class HasId(Protocol):
    """An object with ``.id``, such as a row of an ORM; its ``.name`` or ``.username`` is recorded too."""

    @property
    def id(self) -> Any:
        """Text, an integer or a UUID."""


SubjectLike = Subject | str | int | UUID | tuple[Any, Any] | HasId
"""A subject in any of the forms that `emit` takes."""


class EventFacts(TypedDict, total=False):
    """What a call says about an event: the arguments of `emit` and its kin after the tag."""

    user: SubjectLike | None
    project: SubjectLike | None
    organization: SubjectLike | None
    actor: Actor | None
    additional: Mapping[str, Any] | None
    request: Any
    occurred_at: datetime | None


class EmitArguments(EventFacts, total=False):
    """All arguments of `emit` after the tag: the facts, and in whose transaction to write them."""

    connection: Any


def event_of(
    kind: EventType,
    context: RequestContext,
    now: datetime,
    *,
    user: SubjectLike | None = None,
    project: SubjectLike | None = None,
    organization: SubjectLike | None = None,
    actor: Actor | None = None,
    additional: Mapping[str, Any] | None = None,
    request: Any = None,  # noqa: ARG001 - read by `context_of`; named here so that Python refuses any other name
    occurred_at: datetime | None = None,
) -> Event:
    """The event of a call. Its payload is not checked yet.

    Raises:
        InvalidEvent: a subject, the actor or the time cannot be used.
        TypeError: an argument that `emit` does not have.
    """
    moment = now if occurred_at is None else moment_of(occurred_at, now)
    actor = actor or context.actor
    return Event(
        id=uuid7(moment),
        tag=kind.tag,
        occurred_at=moment,
        user=subject_of("user", user),
        project=subject_of("project", project),
        organization=subject_of("organization", organization),
        actor=ANONYMOUS if actor is None else actor_of(actor),
        ip=context.ip,
        user_agent=context.user_agent,
        request_id=context.request_id,
        additional=_payload_of(additional),
    )


def context_of(request: Any, proxies: TrustedProxies) -> RequestContext:
    """The context of *request*, or else of the running one, with everything a client wrote made harmless.

    What a client sent never makes an event fail: what is not an address becomes None.
    An address that the application itself put into a `RequestContext` stays, and is
    refused later if it is wrong. So is a wrong actor: the application named it.

    Raises:
        InvalidEvent: *request* is not a request.
    """
    context = current() if request is None else from_request(request, proxies)
    if context is NOTHING:
        return context
    keep_ip = context is request or context.ip is None or is_address(context.ip)
    user_agent, request_id = harmless(context.user_agent), harmless(context.request_id, MAX_ID) or None
    if keep_ip and user_agent is context.user_agent and request_id is context.request_id:
        return context  # nearly always
    ip = context.ip if keep_ip else None
    return RequestContext(ip=ip, user_agent=user_agent, request_id=request_id, actor=context.actor)


def _payload_of(additional: Any) -> Any:
    """Any mapping as a dict; validation refuses everything else."""
    if additional is None:
        return {}
    return dict(additional) if isinstance(additional, Mapping) else additional
