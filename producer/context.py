"""The context of the request being handled: who makes it, and from where.

The middleware sets it, `emit` reads it. It follows the request into tasks and into threads
that copy the context, as `asyncio.to_thread` does; `carry` takes it to all others. An actor
set in one of them is seen by all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .errors import InvalidEvent
from .event import Actor
from .frames import NOTHING, Frame, RequestContext, pop, push, running
from .mistakes import report
from .requests.origin import frame_from

ONE_CONTEXT = "`set_actor`, or a generator whose steps all run in one context, such as an async dependency"


def request_actor(request: Any, context: RequestContext) -> Actor | None:
    """Whose the address of a request is: not its actor's, if `bind` or `set_actor` named that one.

    Args:
        request: in any form of `from_request`; None for the running one.
        context: that of the request.
    """
    if isinstance(request, RequestContext):
        around = running()
        return around.request_actor if context.actor is None and around is not None else context.actor
    frame = running() if request is None else frame_from(request, context.ip)
    return frame.request_actor if frame is not None and frame.names_actor else context.actor


@contextmanager
def bind(**changes: Any) -> Iterator[None]:
    """Change the context for the events of a block, such as their actor.

    ``with bind(actor=robot): ...``

    Args:
        **changes: fields of `RequestContext`; the others stay as they are.

    A field that `RequestContext` does not have is logged and left out; in tests it is `InvalidEvent`. So is
    a block around a `yield` that goes on in another context, as in a synchronous dependency of FastAPI,
    whose steps run in threads: what is bound there ends at the `yield`.
    """
    if unknown := changes.keys() - set(RequestContext.__struct_fields__):
        expected = ", ".join(RequestContext.__struct_fields__)
        report(InvalidEvent("bind", f"it got {', '.join(sorted(unknown))}", expected))
        changes = {name: value for name, value in changes.items() if name not in unknown}
    token = push(Frame(NOTHING, running() or Frame(NOTHING), **changes))
    is_closed = False
    try:
        yield
    except GeneratorExit:  # perhaps by the garbage collector, which runs anywhere
        is_closed = True
        raise
    finally:
        if not pop(token) and not is_closed:
            report(InvalidEvent("bind", "its block went on in another context, without it", ONE_CONTEXT))


def set_actor(actor: Actor | None) -> None:
    """Set the actor of the running request's events from now on: call it once a login succeeded.

    Whoever is known to have made the request, as a framework's user or the caller of a task, keeps its
    address: events of somebody else have none. Where nobody is known, whoever is set is taken for that one.

    Outside of a request it sets nothing, as the actor would leak into whatever runs next; that is
    logged, and in tests it is `InvalidEvent`.
    """
    frame = running()
    if frame is None:
        expected = "`with bind(actor=...)`, `carry`, or the middleware"
        report(InvalidEvent("set_actor", "it was called outside of a request", expected))
        return
    frame.set_actor(actor)
