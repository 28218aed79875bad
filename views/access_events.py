"""Who looks is seen: what admins look at and what anybody exports become events themselves.

Both are called before the events are read, so that nothing is shown unrecorded.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from trailkeeper import Actor, emit
from trailkeeper.models.histories import Question

from .viewer import Viewer

FILTERS = ("since", "until", "address", "country_code", "actor", "client", "text")


def record_view(viewer: Viewer, question: Question, *, request: Any = None) -> None:
    """Record that an admin looks at somebody else's history (``admin:history:view``); others' looks are not.

    When Redis does not answer, the event is in the log, and the page is shown.

    Args:
        viewer: who looks.
        question: at what.
        request: the request, for address and client; without it the running one that the middleware set.
    """
    if viewer.staff and not _is_own(viewer, question):
        emit("admin:history:view", actor=_actor(viewer), additional=_payload(question), request=request)


def record_export(viewer: Viewer, question: Question, form: str, *, request: Any = None) -> None:
    """Record that a history is exported (``admin:history:export``), whoever does it.

    Raises:
        EventNotRecorded: Redis did not take it; refuse the export.
    """
    payload = _payload(question) | {"format": form}
    emit("admin:history:export", actor=_actor(viewer), additional=payload, request=request)


def _is_own(viewer: Viewer, question: Question) -> bool:
    own = question.about in {"user", "actor"} and question.id == viewer.user_id
    return own and question.id is not None


def _actor(viewer: Viewer) -> Actor:
    if viewer.staff:
        return Actor(kind="staff", id=viewer.user_id)
    return Actor(kind="anonymous" if viewer.user_id is None else "user", id=viewer.user_id)


def _payload(question: Question) -> dict[str, Any]:
    """What was asked, without what was not."""
    asked = asdict(question)
    filters: dict[str, Any] = {name: _text(asked[name]) for name in FILTERS if asked[name] is not None}
    if question.tags:
        filters["tags"] = list(question.tags)
    if question.via_service:
        filters["via_service"] = True
    about, identity = ("event", str(question.event)) if question.event else (question.about, question.id)
    found = {"about": about, "id": identity, "filters": filters}
    return {name: value for name, value in found.items() if value}


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
