"""Dead letters as they age: they lose what an event of their age loses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from trailkeeper.models.tables import DeadLetterRow, Hold

from .addresses import cut_addresses
from .held_messages import holding
from .message import ERASED, Message, changed, event_of, mapping, nameless, part, rebuilt
from .personal import PersonalKeys

BATCH = 100
KEPT_AS_IT_IS = {"v", "id", "tag", "occurred_at", "producer", "seq", "voids", "user_agent"}
"""Where no address stands, or, in a user agent, many a version that looks like one."""

SCRUBBED = "what it says of the message was scrubbed with it"


class AgedRewrite(NamedTuple):
    """What becomes of a dead letter as it came, and of what was wrong with it, which repeats parts of it."""

    raw: Callable[[bytes], bytes]
    detail: Callable[[str], str]


_COLUMNS = DeadLetterRow.__table__.c


class AgedDeadLetters(NamedTuple):
    """Of some dead letters: the last one's id, how many lost something, how many are held, by which holds."""

    last: int
    changed: int
    held: int
    holds: set[int]


def without_addresses(keys: PersonalKeys) -> AgedRewrite:
    """A dead letter with networks in the place of addresses; its own address cannot be one, and goes."""

    def change(event: Message) -> Message:
        left = {key: item if key in KEPT_AS_IT_IS else cut_addresses(item) for key, item in event.items()}
        if left.get("ip") != event.get("ip"):
            left["ip"] = None
        tag, payload = str(event.get("tag")), part(event, "additional")
        if payload:
            declared, undeclared = keys.split(tag, payload)
            cut = keys.changed(tag, declared, cut_addresses) or {}
            left["additional"] = cut | cut_addresses(undeclared)
        return left

    return AgedRewrite(lambda raw: changed(raw, change, _opaque), cut_addresses)


def without_persons(keys: PersonalKeys) -> AgedRewrite:
    """A dead letter without anything personal; one that is no event is emptied."""

    def change(event: Message) -> Message:
        left = rebuilt(event)
        left |= {key: None for key in ("ip", "user_agent") if key in left}
        if "user" in left:
            left["user"] = nameless(left["user"])
        actor = {**nameless(part(left, "actor"))}
        for key, name in (("credential", "label"), ("on_behalf_of", "name")):
            if isinstance(actor.get(key), dict):
                actor[key] = {**actor[key], name: None}
        tag = str(left.get("tag"))
        declared, _ = keys.split(tag, part(left, "additional"))
        new = {"actor": actor, "additional": keys.without(tag, declared) or {}}
        return left | {key: value for key, value in new.items() if left.get(key)}

    return AgedRewrite(lambda raw: changed(raw, change, lambda _: ERASED), lambda _: SCRUBBED)


def rewrite_aged(
    connection: Connection,
    rewrite: AgedRewrite,
    before: datetime,
    after: int,
    holds: list[Hold],
    *,
    dry: bool,
) -> AgedDeadLetters | None:
    """Rewrite the next dead letters that are due, save of those that are held; None where there is no other.

    Args:
        connection: in a transaction.
        rewrite: what becomes of one.
        before: what was kept, or happened, before this moment is due.
        after: the id of the last one before.
        holds: in force.
        dry: only count.
    """
    columns = _COLUMNS.id, _COLUMNS.raw, _COLUMNS.detail, _COLUMNS.recorded_at
    found = select(*columns).where(_COLUMNS.id > after).order_by(_COLUMNS.id).limit(BATCH).with_for_update()
    rows = connection.execute(found).all()
    if not rows:
        return None
    number, held, because = 0, 0, set[int]()
    for row in _due(rows, before):
        new = {"raw": rewrite.raw(bytes(row.raw)), "detail": rewrite.detail(row.detail)}
        if new == {"raw": row.raw, "detail": row.detail}:
            continue
        if by := holding(bytes(row.raw), holds):
            held, because = held + 1, because | by
            continue
        number += 1
        if not dry:
            connection.execute(update(DeadLetterRow).where(_COLUMNS.id == row.id).values(new))
    return AgedDeadLetters(rows[-1].id, number, held, because)


def _due(rows: Any, before: datetime) -> Iterator[Any]:
    return (row for row in rows if row.recorded_at < before or _occurred_before(bytes(row.raw), before))


def _occurred_before(raw: bytes, before: datetime) -> bool:
    try:
        return datetime.fromisoformat(str(mapping(event_of(raw)).get("occurred_at"))) < before
    except (TypeError, ValueError):  # no time, or one without an offset
        return False


def _opaque(raw: bytes) -> bytes:
    text = raw.decode("utf-8", "surrogateescape")
    return str(cut_addresses(text)).encode("utf-8", "surrogateescape")
