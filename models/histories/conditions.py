"""A question as conditions on rows of `events`.

A history is walked in order of ids along one index, and stops when the page is
full. That works only where one index serves one column, so what would be an OR
is several walks, whose results are merged.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, cast, func, literal, literal_column, or_, select
from sqlalchemy.dialects.postgresql import INET

from trailkeeper.models.periods import id_floor
from trailkeeper.models.tables import ClientRow, EventRow, LocationRow, NetworkRow

from .question import Question
from .visible import Visible

ONE_MILLISECOND = 1 << 80
PERSONAL_CREDENTIALS = ("session", "password", "totp", "webauthn", "recovery_code")
"""What people prove themselves with; every other kind of credential is made for a program."""

MOST_WALKS = 4  # each costs a few milliseconds of planning
Condition = ColumnElement[bool]


class IndexWalk(NamedTuple):
    """A part of a history that one index finds in order of ids.

    Attributes:
        condition: on `EventRow`.
        keys: the walk is made for each of them, and *condition* says `KEY` for it; None for a single walk.
    """

    condition: Condition
    keys: tuple[str, ...] | None = None


KEY = literal_column("each.key", Text)


@lru_cache(maxsize=64)  # a page asks twice
def walks(question: Question, visible: Visible) -> Sequence[IndexWalk]:
    """Together they find the history as far as it is visible; one event may be found by several."""
    if visible.tags is not None:
        return _visible_walks(question, visible)
    return [IndexWalk(condition) for condition in _WALKS[question.about](question)]


def filters(question: Question) -> list[Condition]:
    """What every event of the page must fulfil besides."""
    conditions = [
        _tags(question.tags) if question.tags else None,
        _since(question.since) if question.since else None,
        _until(question.until) if question.until else None,
        _address(question) if question.address else None,
        _country(question.country_code) if question.country_code else None,
        _as_number(question.as_number) if question.as_number else None,
        EventRow.actor_id == question.actor if question.actor else None,
        _client(question.client) if question.client else None,
        _via_service() if question.via_service else None,
        _text(question.text) if question.text else None,
        EventRow.id == question.event if question.event else None,
        EventRow.scope == question.scope if question.scope else None,
    ]
    return [condition for condition in conditions if condition is not None]


def _visible_walks(question: Question, visible: Visible) -> list[IndexWalk]:
    found = []
    if visible.tags:
        found.append(IndexWalk(and_(EventRow.project_id == question.id, _by_its_index(KEY)), visible.tags))
    # not by the index of projects, which would pass what is hidden
    of_project = func.concat(EventRow.project_id, "") == question.id
    if visible.person is not None:
        found += [IndexWalk(and_(walk, of_project)) for walk in _user_walks(visible.person)]
    if visible.organizations:
        found.append(IndexWalk(and_(EventRow.organization_id == KEY, of_project), visible.organizations))
    return found


def _user_walks(user_id: str | None) -> list[Condition]:
    return [
        EventRow.user_id == user_id,
        and_(_acted_on_others(user_id), EventRow.actor_kind == "user"),
        EventRow.on_behalf_of_id == user_id,
    ]


def _actor_walks(actor: str | None) -> list[Condition]:
    return [
        _acted_on_others(actor),
        and_(EventRow.user_id == actor, EventRow.actor_id == actor),
    ]


def _acted_on_others(actor: str | None) -> Condition:
    # word for word the condition of the index on actor_id, without which Postgres does not use it
    return and_(EventRow.actor_id == actor, EventRow.actor_id.is_distinct_from(EventRow.user_id))


def _walks_of_all(question: Question) -> list[Condition]:
    # each actor and tag by its own index; a walk over everything would pass all that is in between
    if question.actor:
        return _actor_walks(question.actor)
    tags = set(question.tags)
    if 0 < len(tags) <= MOST_WALKS and not any(tag.endswith("*") for tag in tags):
        return [_by_its_index(tag) for tag in sorted(tags)]
    return [literal(True)]


def _by_its_index(tag: str | ColumnElement[str]) -> Condition:
    return and_(func.hashtext(EventRow.tag) == func.hashtext(tag), EventRow.tag == tag)


_WALKS: dict[str, Callable[[Question], list[Condition]]] = {
    "user": lambda question: _user_walks(question.id),
    "project": lambda question: [EventRow.project_id == question.id],
    "organization": lambda question: [EventRow.organization_id == question.id],
    "actor": lambda question: _actor_walks(question.id),
    "all": _walks_of_all,
}


def _tags(tags: tuple[str, ...]) -> Condition:
    return or_(
        *(_begins(tag.removesuffix("*")) if tag.endswith("*") else EventRow.tag == tag for tag in tags)
    )


def _begins(prefix: str) -> Condition:
    # `;` is the character after `:`, and tags compare by their bytes
    return and_(EventRow.tag >= prefix, EventRow.tag < prefix.removesuffix(":") + ";")


def _since(moment: datetime) -> Condition:
    # the id lets Postgres leave out partitions; an id knows only the millisecond
    return and_(EventRow.id >= id_floor(moment), EventRow.occurred_at >= moment)


def _until(moment: datetime) -> Condition:
    floor = id_floor(moment)
    # a whole millisecond, such as the end of a month, takes nothing from what begins there
    beyond = UUID(int=floor.int + ONE_MILLISECOND) if moment.microsecond % 1000 else floor
    return and_(EventRow.id < beyond, EventRow.occurred_at < moment)


def _address(question: Question) -> Condition:
    network = question.network
    assert network is not None
    if network.num_addresses == 1:
        return EventRow.ip == cast(str(network.network_address), INET)
    return EventRow.ip.op("<<=", is_comparison=True)(cast(str(network), INET))


def _country(code: str) -> Condition:
    # looked up row by row along the walk; as a join it would be free to read all of them first
    place = select(LocationRow.country_code).where(LocationRow.id == EventRow.location_id)
    return place.scalar_subquery() == code


def _as_number(number: int) -> Condition:
    # row by row, as with countries; before there were networks, locations had it
    network = select(NetworkRow.asn).where(NetworkRow.id == EventRow.network_id)
    place = select(LocationRow.asn).where(LocationRow.id == EventRow.location_id)
    return func.coalesce(network.scalar_subquery(), place.scalar_subquery()) == number


def _client(wanted: str) -> Condition:
    # row by row, as with countries
    names = [func.lower(column) for column in (ClientRow.name, ClientRow.kind, ClientRow.display)]
    known = select(or_(*(name == wanted.lower() for name in names))).where(ClientRow.id == EventRow.client_id)
    return known.scalar_subquery()


def _via_service() -> Condition:
    # NULL, where there is no credential, is not a match
    return or_(EventRow.actor_kind == "service", EventRow.credential_kind.not_in(PERSONAL_CREDENTIALS))


def _text(wanted: str) -> Condition:
    # as it stands in JSON, where a quote is written \"
    written = json.dumps(wanted, ensure_ascii=False)[1:-1]
    matches: Condition = cast(EventRow.additional, Text).icontains(written, autoescape=True)
    return func.coalesce(matches, False)
