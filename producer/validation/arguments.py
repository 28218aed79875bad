"""The arguments of `emit` as fields of an event: subjects, actor and time, from any of their forms."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from trailkeeper.producer.errors import InvalidEvent
from trailkeeper.producer.event import MAX_ID, Actor, Subject
from trailkeeper.producer.wire import CLOCK_SKEW, EARLIEST

from .text import shortened

PAIR = 2
SUBJECT_FORMS = "an id, an (id, name) pair, a Subject, or an object with .id and maybe .name or .username"


def subject_of(field: str, subject: Any) -> Subject | None:
    """A user, project or organization.

    Args:
        field: the argument's name, for the error.
        subject: one of `SUBJECT_FORMS`, or None. Ids may be text, integers or UUIDs.

    Raises:
        InvalidEvent: it is none of these.
    """
    if subject is None or type(subject) is Subject:
        return subject
    if isinstance(subject, (str, int, UUID)):
        return Subject(id_of(field, subject))
    if isinstance(subject, tuple):
        return _subject_of_pair(field, subject)
    return _subject_of_object(field, subject)


def actor_of(stated: Any) -> Actor:
    """Who did it. Its id may be an integer or a UUID, and *on_behalf_of* any form of a subject.

    Raises:
        InvalidEvent: it is not an Actor.
    """
    if not isinstance(stated, Actor):
        raise InvalidEvent("actor", shortened(stated), "a trailkeeper.Actor")
    actor: Actor = stated
    if not isinstance(actor.id, str | None):
        actor = replace(actor, id=id_of("actor.id", actor.id))
    if actor.on_behalf_of is not None:
        actor = replace(actor, on_behalf_of=subject_of("actor.on_behalf_of", actor.on_behalf_of))
    return actor


def moment_of(occurred_at: Any, now: datetime) -> datetime:
    """When it happened, in UTC.

    Raises:
        InvalidEvent: the time has no zone, or is out of range.
    """
    if not isinstance(occurred_at, datetime) or occurred_at.utcoffset() is None:
        raise InvalidEvent(
            "occurred_at", shortened(occurred_at), "a datetime with a time zone, such as datetime.now(UTC)"
        )
    if not EARLIEST <= occurred_at <= now + CLOCK_SKEW:
        raise InvalidEvent("occurred_at", occurred_at.isoformat(), "a time between 2000 and an hour from now")
    return occurred_at.astimezone(UTC)


def id_of(field: str, value: Any) -> str:
    """An id as text.

    Raises:
        InvalidEvent: it is not text, an integer or a UUID.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, UUID)):
        raise InvalidEvent(field, shortened(value), "an id: text, an integer or a UUID")
    try:
        return str(value)
    except ValueError as error:  # an integer with thousands of digits
        raise InvalidEvent(field, shortened(value), f"an id of at most {MAX_ID} characters") from error


def _subject_of_pair(field: str, pair: tuple[Any, ...]) -> Subject:
    if len(pair) != PAIR:
        raise InvalidEvent(field, shortened(pair), SUBJECT_FORMS)
    return Subject(id_of(f"{field}.id", pair[0]), _name_of(field, pair[1]))


def _subject_of_object(field: str, row: Any) -> Subject:
    try:
        row_id = row.id
        name = getattr(row, "name", None)
        name = getattr(row, "username", None) if name is None else name
    except Exception as error:  # an ORM may load the columns here, and have lost its session
        raise InvalidEvent(field, f"its id cannot be read ({error!r})", SUBJECT_FORMS) from error
    return Subject(id_of(f"{field}.id", row_id), _name_of(field, name))


def _name_of(field: str, name: Any) -> str | None:
    if name is None or isinstance(name, str):
        return name
    raise InvalidEvent(f"{field}.name", shortened(name), "text")
