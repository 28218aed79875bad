"""The arguments of `emit` as fields of an event: subjects, actor and time, from any of their forms."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from functools import partial
from hashlib import blake2b
from numbers import Rational
from typing import Any, get_args
from uuid import UUID

from msgspec import UNSET

from trailkeeper.producer.deceptive import is_visible
from trailkeeper.producer.errors import InvalidEvent, is_interruption
from trailkeeper.producer.event import ANONYMOUS, MAX_ID, Actor, ActorKind, Credential, Subject
from trailkeeper.producer.wire import CLOCK_SKEW, EARLIEST

from .text import CUT, refuse, shortened
from .values import is_plain_number, text_of, unproxied, whole_number

PAIR = 2
KINDS = get_args(ActorKind)
SUBJECT_FORMS = (
    "an id, an (id, name) pair, a Subject, or an object with .id or .pk and maybe .name or .username"
)
ROW_NAMES = ("name", "username")
EMPTY = "[empty]"
"""Stands for an empty id that came with a name."""

_TEXT_OR_NONE = frozenset({str, type(None)})


def subject_of(field: str, subject: Any) -> Subject | None:
    """A user, project or organization.

    Args:
        field: the argument's name, for the error.
        subject: one of `SUBJECT_FORMS`, or None. Ids may be text, integers or UUIDs, and whatever is one of
            these in another class. Nobody, which is an empty id or an anonymous user, is None.

    Raises:
        InvalidEvent: it is none of these.
    """
    if subject is None:
        return None
    kind = type(subject)
    if kind is str:
        return Subject(subject) if 0 < len(subject) <= MAX_ID else _made(field, subject, None)
    if kind is Subject and type(subject.id) is str and type(subject.name) in _TEXT_OR_NONE:
        is_plain = 0 < len(subject.id) <= MAX_ID
        return subject if is_plain else _made(field, subject.id, subject.name)
    if kind is int or kind is UUID:
        return _made(field, subject, None)
    try:
        return _subject_of_other(field, subject)
    except Exception as error:  # noqa: BLE001 - an ORM may load the columns here, and have lost its session
        refuse(field, error, SUBJECT_FORMS)


def actor_of(stated: Any) -> Actor:
    """Who did it. Its ids may be of any class, and *on_behalf_of* any form of a subject.

    Raises:
        InvalidEvent: it is not an Actor.
    """
    if (
        type(stated) is Actor
        and stated.credential is None
        and stated.on_behalf_of is None
        and _is_exact(stated)
    ):
        return stated  # nearly always
    try:
        stated = unproxied(stated)
        return ANONYMOUS if stated is None else _converted(stated)
    except Exception as error:  # noqa: BLE001 - a value of the application's may raise anything
        refuse("actor", error)


def _converted(stated: Any) -> Actor:
    if not isinstance(stated, Actor):
        raise InvalidEvent("actor", shortened(stated), "a trailkeeper.Actor")
    kind = text_of("actor.kind", stated.kind)
    if kind not in KINDS:
        raise InvalidEvent("actor.kind", shortened(kind), f"one of {', '.join(KINDS)}")
    return Actor(
        kind=kind,  # type: ignore[arg-type]  # it is one of them
        id=_id_or_none("actor.id", stated.id),
        name=name_of("actor.name", stated.name),
        credential=_credential_of(unproxied(stated.credential)),
        on_behalf_of=subject_of("actor.on_behalf_of", stated.on_behalf_of),
    )


def _is_exact(actor: Actor) -> bool:
    actor_id = actor.id
    return (
        (actor_id is None or (type(actor_id) is str and 0 < len(actor_id) <= MAX_ID))
        and type(actor.kind) is str
        and actor.kind in KINDS
        and type(actor.name) in _TEXT_OR_NONE
    )


def _credential_of(credential: Any) -> Credential | None:
    if credential is None:
        return None
    if not isinstance(credential, Credential):
        raise InvalidEvent("actor.credential", f"a {type(credential).__name__}", "a trailkeeper.Credential")
    kind = id_of("actor.credential.kind", credential.kind)
    if not kind:
        raise InvalidEvent("actor.credential.kind", "it is empty", "such as session or api_token")
    return Credential(
        kind=kind,
        id=_id_or_none("actor.credential.id", credential.id),
        label=name_of("actor.credential.label", credential.label),
        id_is_public=credential.id_is_public is True or UNSET,
    )


def moment_of(occurred_at: Any, now: datetime) -> datetime:
    """When it happened, in UTC.

    Raises:
        InvalidEvent: the time has no zone, or is out of range.
    """
    try:
        return _moment_of(occurred_at, now)
    except Exception as error:  # noqa: BLE001 - a zone of the application's may raise anything
        refuse("occurred_at", error)


def _moment_of(occurred_at: Any, now: datetime) -> datetime:
    if type(occurred_at) is not datetime:
        occurred_at = _datetime_of(unproxied(occurred_at))
        if isinstance(occurred_at, datetime):  # a plain one, so that no method of a subclass is called later
            occurred_at = datetime.combine(datetime.date(occurred_at), datetime.timetz(occurred_at))
    if occurred_at is None:
        return now
    if not isinstance(occurred_at, datetime) or occurred_at.utcoffset() is None:
        raise InvalidEvent(
            "occurred_at", shortened(occurred_at), "a datetime with a time zone, such as datetime.now(UTC)"
        )
    if not EARLIEST <= occurred_at <= now + CLOCK_SKEW:
        raise InvalidEvent("occurred_at", occurred_at.isoformat(), "a time between 2000 and an hour from now")
    return occurred_at.astimezone(UTC)


def _datetime_of(moment: Any) -> Any:
    """The datetime of what wraps one: an Arrow, or an Instant or ZonedDateTime of `whenever`."""
    if isinstance(moment, datetime):
        return moment
    to_datetime = getattr(moment, "to_stdlib", getattr(moment, "py_datetime", None))
    return to_datetime() if callable(to_datetime) else getattr(moment, "datetime", moment)


def id_of(field: str, value: Any) -> str:
    """An id as text; a long one is cut, with a digest so that two of them stay two.

    Raises:
        InvalidEvent: it is not text, an integer or a UUID, and not one of these in another class.
    """
    text = value if type(value) is str else _id_text(field, value)
    if len(text) <= MAX_ID:
        return text
    digest = blake2b(text.encode(errors="surrogatepass"), digest_size=6).hexdigest()
    return f"{text[: MAX_ID - len(CUT) - len(digest)]}{CUT}{digest}"


def _id_text(field: str, value: Any) -> str:
    whole = whole_number(value)
    if whole is not None:
        return str(whole)
    if is_plain_number(value) or isinstance(value, (Decimal, Rational)):
        raise InvalidEvent(field, shortened(value), "an id: text, an integer or a UUID")
    try:
        return text_of(field, value)
    except InvalidEvent as error:
        raise InvalidEvent(field, error.problem, "an id: text, an integer or a UUID") from error


def _id_or_none(field: str, value: Any) -> str | None:
    value = unproxied(value)
    return None if value is None else id_of(field, value) or None


def name_of(field: str, name: Any) -> str | None:
    """A name as text.

    Raises:
        InvalidEvent: it is not text.
    """
    name = unproxied(name)
    return None if name is None else text_of(field, name)


def _made(field: str, value: Any, name: str | None) -> Subject | None:
    """A subject; None if nobody is named."""
    if subject_id := id_of(field, value):
        return Subject(subject_id, name)
    return Subject(EMPTY, name) if name else None


def _subject_of_pair(field: str, pair: tuple[Any, ...]) -> Subject | None:
    if len(pair) != PAIR:
        raise InvalidEvent(field, shortened(pair), SUBJECT_FORMS)
    return _made(f"{field}.id", pair[0], name_of(f"{field}.name", pair[1]))


def _subject_of_other(field: str, value: Any) -> Subject | None:
    """The subject of a row of an ORM or another object with an id, or of an id of another class."""
    value = unproxied(value)
    if isinstance(value, Credential):  # its id may be that of a live session
        raise InvalidEvent(field, "a Credential", SUBJECT_FORMS)
    if isinstance(value, Subject):
        return _made(f"{field}.id", value.id, name_of(f"{field}.name", value.name))
    if isinstance(value, tuple) and not hasattr(value, "id"):
        return _subject_of_pair(field, value)
    row_id = None if isinstance(value, (str, Enum)) else _first(value, ("id", "pk"))
    if row_id is not None:
        return _made(f"{field}.id", row_id, first_name(ROW_NAMES, partial(_attribute, value)))
    if value is None or _is_nobody(value):
        return None
    try:
        return _made(field, value, None)
    except InvalidEvent as error:
        raise InvalidEvent(field, error.problem, SUBJECT_FORMS) from error


def first_name(names: Iterable[str], read: Callable[[str], Any]) -> str | None:
    """The first name of which something can be seen; None if none can be read: the id is known.

    Args:
        names: of attributes that may hold it.
        read: gives one's value.
    """
    for attribute in names:
        try:
            name = name_of(attribute, read(attribute))
        except Exception as error:  # a method, or a column that was not loaded before the session ended
            if is_interruption(error):
                raise
        else:
            if name is not None and is_visible(name):
                return name
    return None


def _attribute(row: Any, name: str) -> Any:
    return getattr(row, name, None)


def _first(value: Any, names: tuple[str, ...]) -> Any:
    return next((found for name in names if (found := getattr(value, name, None)) is not None), None)


def _is_nobody(value: Any) -> bool:
    """Whether it is the anonymous user of Django, Flask-Login or Starlette."""
    return getattr(value, "is_anonymous", None) is True or getattr(value, "is_authenticated", None) is False
