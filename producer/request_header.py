"""The running request as one header of a message, for the process that goes on with its work.

The header holds what the events there will say: address, user agent, request id and actor. Its length is
bounded, and it never holds the id of a session, only a digest.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from .context import request_actor
from .errors import InvalidEvent
from .event import ANONYMOUS, Actor, Event
from .facts import context_of, made_the_request
from .frames import NOTHING, Frame, RequestContext, handling
from .mistakes import report
from .requests.forwarded import TrustedProxies
from .secrets.fields import FieldsSearch
from .secrets.finding import Findings
from .secrets.fingerprint import Fingerprints
from .validation import actor_of, encoded
from .wire import read

NAME = "trailkeeper"
MAX_LENGTH = 32 * 1024
"""Characters; more than the longest fields take, escaped."""

_NO_PROXIES = TrustedProxies()
_DIGESTS = Fingerprints()  # without a key, which the emitter there completes


def dump() -> str | None:
    """The running request as JSON; None if nothing is known of it.

    What cannot be an actor is reported, and left out. Address and user agent go only with whoever made the
    request: where another actor is named, or nobody, they would be taken for that one's.
    """
    try:
        context = context_of(None, _NO_PROXIES)
    except InvalidEvent as error:
        report(error)
        return None
    if context == NOTHING:
        return None
    actor, maker = _portable(context.actor), request_actor(None, context)
    if not made_the_request(actor or ANONYMOUS, actor if maker is context.actor else _portable(maker)):
        context = replace(context, ip=None, user_agent=None)
    return msgspec.json.encode(replace(context, actor=actor)).decode()


def load(header: object) -> RequestContext | None:
    """The request of a header, which may come from anybody; None if it is none."""
    if not isinstance(header, str) or len(header) > MAX_LENGTH:
        return None
    try:
        return msgspec.json.decode(header, type=RequestContext)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


@contextmanager
def entered(header: object) -> Iterator[None]:
    """Run a block in the request of a header, or in one of which nothing is known if it is none."""
    with handling(Frame(load(header) or RequestContext())):
        yield


def _portable(stated: Any) -> Actor | None:
    """An actor as it may leave the process; None, and reported, if it is none."""
    try:
        return None if stated is None else _fitting(stated)
    except InvalidEvent as error:
        report(error)
        return None


def _fitting(stated: Any) -> Actor:
    """An actor with texts that fit, as in an event, and without what somebody could log in with.

    Raises:
        InvalidEvent: it is none.
    """
    event = Event(id=UUID(int=0), tag="", occurred_at=datetime.now(UTC), actor=actor_of(stated))
    actor = read(encoded(event, None))[0].actor
    credential = actor.credential
    if credential is None:
        return actor
    return replace(actor, credential=FieldsSearch(_DIGESTS, Findings(_DIGESTS)).credential(credential))
