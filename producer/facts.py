"""The facts of an event: the arguments of the call, and the running request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, NamedTuple, Protocol, TypedDict
from uuid import UUID

from msgspec import UNSET, UnsetType

from .catalogue import EventType
from .context import request_actor
from .errors import InvalidEvent
from .event import ANONYMOUS, MAX_ID, Actor, Event, Requester, Subject
from .frames import NOTHING, RequestContext, current
from .ids import uuid7
from .requests.forwarded import TrustedProxies, parse_address
from .requests.origin import from_request
from .validation import actor_of, harmless, is_address, moment_of, payload_of, subject_of
from .validation.arguments import id_of, name_of
from .validation.text import refuse, shortened
from .validation.values import text_of, unproxied
from .wire import unmapped


class HasId(Protocol):
    """An object with ``.id``, such as a row of an ORM; its ``.name`` or ``.username`` is recorded too."""

    @property
    def id(self) -> Any:
        """Text, an integer or a UUID."""


class HasPk(Protocol):
    """A model of Django whose key is not called id."""

    @property
    def pk(self) -> Any:
        """Text, an integer or a UUID."""


Origin = Literal["request"]
UNSTATED = ("request", "origin")
"""Arguments that are no facts of the event."""

SubjectLike = Subject | str | int | UUID | Decimal | Enum | tuple[Any, Any] | HasId | HasPk
"""A subject in any of the forms that `emit` takes."""


class EventFacts(TypedDict, total=False):
    """What a call says about an event: the arguments of `emit` and its kin after the tag."""

    user: SubjectLike | None
    project: SubjectLike | None
    organization: SubjectLike | None
    actor: Actor | None
    additional: Mapping[str, Any] | None
    request: Any
    origin: Origin | None
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
    request: Any = None,  # read by `context_of`
    origin: Origin | None = None,
    occurred_at: datetime | None = None,
) -> Event:
    """The event of a call.

    Raises:
        InvalidEvent: a subject, the actor, the time or the payload cannot be used.
    """
    moment = now if occurred_at is None else moment_of(occurred_at, now)
    if origin is not None and not (type(origin) is str and origin == "request"):
        raise InvalidEvent("origin", shortened(origin), '"request", or nothing')
    who = acting(context, actor, request, origin)
    return Event(
        id=uuid7(moment),
        tag=kind.tag,
        occurred_at=moment,
        user=subject_of("user", user),
        project=subject_of("project", project),
        organization=subject_of("organization", organization),
        actor=who.actor,
        ip=context.ip if who.takes_origin else None,
        user_agent=context.user_agent if who.takes_origin else None,
        request_id=context.request_id,
        additional=payload_of(additional, kind),
        requested_by=who.requested_by,
    )


def facts_as_understood(context: RequestContext, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Of a wrong call, what its event would say: who acted, and whose the origin is, as for any event.

    Where that cannot be understood, the origin is nobody's.

    Args:
        context: of the call, as far as it was understood.
        facts: its arguments; those that `emit` does not have are kept, too.
    """
    stated = {name: value for name, value in facts.items() if name not in UNSTATED and value is not None}
    try:
        who = acting(context, facts.get("actor"), facts.get("request"), facts.get("origin"))
    except Exception:  # noqa: BLE001 - a value of the application's may raise anything
        return {"actor": context.actor, "request_id": context.request_id} | stated
    origin = {"ip": context.ip, "user_agent": context.user_agent} if who.takes_origin else {}
    made = {"request_id": context.request_id, "requested_by": who.requested_by, **origin}
    return made | stated | {"actor": who.actor}


class Acting(NamedTuple):
    """Who acts in an event, and in whose request.

    Attributes:
        actor: as stated, or the context's.
        takes_origin: whether address and user agent of the request are the actor's own.
        requested_by: who else made the request.
    """

    actor: Actor
    takes_origin: bool
    requested_by: Requester | UnsetType


def acting(context: RequestContext, actor: Actor | None, request: Any, origin: Origin | None) -> Acting:
    """Who acts, by the arguments of a call and its context.

    Raises:
        InvalidEvent: the actor, or the context's, is none.
    """
    stated = context.actor if actor is None else actor
    actor = ANONYMOUS if stated is None else actor_of(stated)
    maker = request_actor(unproxied(request), context)
    is_own = made_the_request(actor, actor if maker is stated else maker)
    return Acting(
        actor,
        is_own or origin == "request" or isinstance(request, RequestContext),
        UNSET if is_own else _requester(actor, context.actor, maker),
    )


def _requester(actor: Actor, *others: Actor | None) -> Requester | UnsetType:
    """Who else acted: in the call's context, or in the request in which a `bind` names another actor."""
    for stated in others:
        if stated is not None and not _is_same(actor, other := actor_of(stated)):
            return Requester(other.kind, other.id, other.name)
    return UNSET


def made_the_request(actor: Actor, maker: Actor | None) -> bool:
    """Whether address and user agent of a request are an actor's own.

    The application itself never makes one, and a service only where it is the request's actor. A person
    does where nobody else is known to have: another one's address is not to be shown as theirs.

    Args:
        actor: the event's.
        maker: the request's actor; None if nobody is known.

    Raises:
        InvalidEvent: *maker* is no actor.
    """
    if actor.kind == "system":
        return False
    known = ANONYMOUS if maker is None else actor_of(maker)
    return actor.kind != "service" if known.kind == "anonymous" else _is_same(actor, known)


def _is_same(actor: Actor, other: Actor) -> bool:
    """Whether they are one, with whatever credential; the name counts only where there is no id."""
    is_named_alike = actor.id is not None or actor.name == other.name
    return (actor.kind, actor.id) == (other.kind, other.id) and is_named_alike


def context_of(request: Any, proxies: TrustedProxies) -> RequestContext:
    """The context of *request*, or else of the running one, with everything a client wrote made harmless.

    What a client sent never makes an event fail: what is not an address becomes None.
    An address that the application itself put into a `RequestContext` is refused if it
    is wrong. So is a wrong actor, later: the application named it.

    Raises:
        InvalidEvent: *request* is not a request, or what it says is not even text; or its address is none.
    """
    try:
        return _context_of(unproxied(request), proxies)
    except Exception as error:  # noqa: BLE001 - a request of the application's may raise anything
        refuse("request", error)


def _context_of(request: Any, proxies: TrustedProxies) -> RequestContext:
    context = current() if request is None else from_request(request, proxies)
    if context is NOTHING:
        return context
    ip, agent, request_id = context.ip, context.user_agent, context.request_id
    plain_ip = ip if ip is None else _address_of(ip, stated=context is request)
    plain_agent = harmless(agent if type(agent) is str else name_of("user_agent", agent))
    plain_id = harmless(request_id if type(request_id) is str else _id(request_id), MAX_ID) or None
    if plain_ip is ip and plain_agent is agent and plain_id is request_id:
        return context  # nearly always
    return RequestContext(
        ip=plain_ip, user_agent=plain_agent, request_id=plain_id or None, actor=context.actor
    )


def _id(value: Any) -> str | None:
    value = unproxied(value)
    return None if value is None else id_of("request_id", value)


def _address_of(address: Any, *, stated: bool) -> str | None:
    """An address in any form: text, an object of `ipaddress`, an interface, with a port or a zone.

    Raises:
        InvalidEvent: it was *stated* in the call and is none; what a client sent is None then.
    """
    if type(address) is str and is_address(address):
        return unmapped(address)
    address = unproxied(address)
    if address is None:
        return None
    text = text_of("ip", getattr(address, "ip", address)).strip()
    parsed = parse_address(text)
    if parsed is None and stated and text:
        raise InvalidEvent("ip", shortened(text), "an IP address")
    return str(parsed) if parsed else None


def all_named(unnamed: tuple[Any, ...], facts: EventFacts) -> EventFacts:
    """The arguments of a call, those that came without a name under one that is not known."""
    if unnamed:
        facts = {**facts, **{f"argument {number}": value for number, value in enumerate(unnamed, 2)}}  # type: ignore[typeddict-item]
    return facts


def unknown_argument(facts: Mapping[str, Any]) -> InvalidEvent | None:
    """The mistake if an argument is none that `emit` has: it must not end a request either."""
    arguments = EventFacts.__annotations__
    if unknown := facts.keys() - arguments:
        return InvalidEvent(min(unknown), "there is no such argument", f"some of: {', '.join(arguments)}")
    return None
