"""What a purge removes from one partition, and which partitions and events that are."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, text

from trailkeeper.models.holds import HELD, holds_of
from trailkeeper.models.partitions import Partition, existing, id_floor

from .policy import Rule
from .windows import TAGGED

EXPIRED = f"e.id < :floor AND (CAST(:tag AS text) IS NULL OR {TAGGED}) AND e.tag <> ALL(:spared)"
"""Which rows ``e`` a rule is about."""

SPARED = "hashtext(e.tag) IN (SELECT hashtext(unnest(CAST(:spared AS text[])))) AND e.tag = ANY(:spared)"
"""Which rows ``e`` it leaves to other rules, found by the index of tags."""


class Removal(msgspec.Struct, frozen=True):
    """What a rule removes from one partition: all of it (`whole`), or those rows that are past it.

    Attributes:
        rule: by which.
        partition: its name.
        events: how many are removed.
        whole: whether the partition itself goes.
        held: how many past it stay, because of holds.
        holds: which.
    """

    rule: Rule
    partition: str
    events: int
    whole: bool
    held: int = 0
    holds: tuple[int, ...] = ()


def touched(connection: Connection, rule: Rule, now: datetime) -> list[Partition]:
    """Partitions of the scope that begin before the rule's moment."""
    partitions = [partition for partition in existing(connection) if partition.scope == rule.scope]
    return [partition for partition in partitions if partition.start < rule.before(now)]


def values_of(rule: Rule, now: datetime) -> dict[str, object]:
    """The parameters of `EXPIRED`."""
    return {"floor": id_floor(rule.before(now)), "tag": rule.tag, "spared": list(rule.spared)}


def goes_whole(connection: Connection, rule: Rule, partition: Partition, now: datetime) -> bool:
    """Whether all of a partition is past the rule, no other rule keeps some of it, and no hold does."""
    if rule.tag is not None or partition.end > rule.before(now):
        return False
    # what is looked for is mostly not there, and a scan that hopes to meet it soon reads everything
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    spared = text(f'SELECT EXISTS (SELECT FROM "{partition.name}" AS e WHERE {SPARED})')  # noqa: S608 - a name from the catalog
    if rule.spared and connection.scalar(spared, {"spared": list(rule.spared)}):
        return False
    return not holds_of(connection, f'"{partition.name}"')


def planned(connection: Connection, rule: Rule, partition: Partition, now: datetime) -> Removal:
    """What a purge would remove now; changes nothing."""
    counted = text(
        f"SELECT count(*) FILTER (WHERE NOT {HELD}), count(*) FILTER (WHERE {HELD})"  # noqa: S608 - a name from the catalog
        f' FROM "{partition.name}" AS e WHERE {EXPIRED}'
    )
    events, held = connection.execute(counted, values_of(rule, now)).one()
    whole = goes_whole(connection, rule, partition, now)
    return Removal(rule, partition.name, events, whole, held, holding(connection, rule, partition, now))


def holding(connection: Connection, rule: Rule, partition: Partition, now: datetime) -> tuple[int, ...]:
    """The holds because of which events past the rule stay in a partition."""
    return tuple(holds_of(connection, f'"{partition.name}"', EXPIRED, values_of(rule, now)))
