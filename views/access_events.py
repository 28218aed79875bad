"""Access becomes events too: what admins view, and what anybody exports who is signed in.

All of it is recorded before anything is read, so that no access goes unrecorded.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from trailkeeper import Actor, emit
from trailkeeper.models.histories import Question
from trailkeeper.producer.facts import Origin

from .anonymous_exports import AnonymousExports
from .viewer import Viewer

_anonymous = AnonymousExports()

VIEWER: Origin = "request"
"""Who views made the request, whatever an application around the pages calls them."""

FILTERS = ("since", "until", "address", "country_code", "asn", "actor", "client", "text")


def record_view(viewer: Viewer, question: Question, *, request: Any = None) -> None:
    """Record that an admin views a history (``admin:history:view``); only admins are recorded.

    Their own, too: it tells them from where others acted on their account, which it tells nobody else.

    If neither Redis nor the spool takes it, the event is logged and the page is shown all the same.

    Args:
        viewer: who views it.
        question: what they view.
        request: the request, for address and client; without it the running one that the middleware set.
    """
    record_look(viewer, "admin:history:view", request, **_payload(question))


def record_look(viewer: Viewer, tag: str, request: Any, **facts: Any) -> None:
    """Record that an admin looks at what may hold others' data, such as dead letters (``admin:*``).

    Args:
        viewer: who looks; only admins are recorded.
        tag: of the event.
        request: the request, for address and client.
        **facts: what they look at; what is empty is left out.
    """
    if viewer.staff:
        given = {name: value for name, value in facts.items() if value}
        emit(tag, actor=_actor(viewer), additional=given, request=request, origin=VIEWER)


def record_export(viewer: Viewer, question: Question, form: str, *, request: Any = None) -> None:
    """Record that a history is exported (``admin:history:export``); of visitors only how often.

    Raises:
        EventNotRecorded: neither Redis nor the spool took it; refuse the export.
    """
    if viewer.is_visitor:
        _anonymous.count("event" if question.event else question.about, form)
        return
    payload = _payload(question) | {"format": form}
    emit("admin:history:export", actor=_actor(viewer), additional=payload, request=request, origin=VIEWER)


def _actor(viewer: Viewer) -> Actor:
    return Actor(kind="staff" if viewer.staff else "user", id=viewer.user_id)


def _payload(question: Question) -> dict[str, Any]:
    """The question, without filters that are not set."""
    values = asdict(question)
    filters: dict[str, Any] = {name: _text(values[name]) for name in FILTERS if values[name] is not None}
    if question.tags:
        filters["tags"] = list(question.tags)
    if question.via_service:
        filters["via_service"] = True
    about, identity = ("event", str(question.event)) if question.event else (question.about, question.id)
    payload = {"about": about, "id": identity, "filters": filters}
    return {name: value for name, value in payload.items() if value}


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
