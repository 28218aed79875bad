"""The arguments of `emit` as facts of an event: subjects, actor and time, in any form they come."""

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


def subject_of(field: str, given: Any) -> Subject | None:
    """A user, project or organization.

    Args:
        field: which argument it is, for the error.
        given: one of `SUBJECT_FORMS`, or None. Ids may be text, integers or UUIDs.

    Raises:
        InvalidEvent: it is nothing of that.
    """
    if given is None or type(given) is Subject:
        return given
    if isinstance(given, (str, int, UUID)):
        return Subject(id_of(field, given))
    if isinstance(given, tuple):
        return _subject_of_pair(field, given)
    return _subject_of_object(field, given)


def actor_of(given: Any) -> Actor:
    """Who did it; ids within may be integers or UUIDs, and the one acted for any form of a subject.

    Raises:
        InvalidEvent: it is no Actor.
    """
    if not isinstance(given, Actor):
        raise InvalidEvent("actor", shortened(given), "a producer.Actor")
    actor: Actor = given
    if not isinstance(actor.id, str | None):
        actor = replace(actor, id=id_of("actor.id", actor.id))
    if actor.on_behalf_of is not None:
        actor = replace(actor, on_behalf_of=subject_of("actor.on_behalf_of", actor.on_behalf_of))
    return actor


def moment_of(occurred_at: Any, now: datetime) -> datetime:
    """When it happened, in UTC.

    Raises:
        InvalidEvent: the time has no zone, or no partition would be made for it.
    """
    if not isinstance(occurred_at, datetime) or occurred_at.utcoffset() is None:
        raise InvalidEvent(
            "occurred_at", shortened(occurred_at), "a datetime with a time zone, such as datetime.now(UTC)"
        )
    if not EARLIEST <= occurred_at <= now + CLOCK_SKEW:
        raise InvalidEvent("occurred_at", occurred_at.isoformat(), "a time between 2000 and an hour from now")
    return occurred_at.astimezone(UTC)


def id_of(field: str, given: Any) -> str:
    """An id as text.

    Raises:
        InvalidEvent: it is neither text nor an integer nor a UUID.
    """
    if isinstance(given, bool) or not isinstance(given, (str, int, UUID)):
        raise InvalidEvent(field, shortened(given), "an id: text, an integer or a UUID")
    try:
        return str(given)
    except ValueError as error:  # an integer of thousands of digits
        raise InvalidEvent(field, shortened(given), f"an id of at most {MAX_ID} characters") from error


def _subject_of_pair(field: str, given: tuple[Any, ...]) -> Subject:
    if len(given) != PAIR:
        raise InvalidEvent(field, shortened(given), SUBJECT_FORMS)
    return Subject(id_of(f"{field}.id", given[0]), _name_of(field, given[1]))


def _subject_of_object(field: str, given: Any) -> Subject:
    try:
        found_id = given.id
        name = getattr(given, "name", None)
        name = getattr(given, "username", None) if name is None else name
    except Exception as error:  # a row of an ORM loads its columns here, and may have lost its session
        raise InvalidEvent(field, f"its id cannot be read ({error!r})", SUBJECT_FORMS) from error
    return Subject(id_of(f"{field}.id", found_id), _name_of(field, name))


def _name_of(field: str, given: Any) -> str | None:
    if given is None or isinstance(given, str):
        return given
    raise InvalidEvent(f"{field}.name", shortened(given), "text")
