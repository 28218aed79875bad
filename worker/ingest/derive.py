"""Derivations of a batch: what each enrichment makes of its fact, as ids of dictionary rows."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeAlias, cast

import msgspec
from sqlalchemy import Engine

from trailkeeper.models.dictionaries import Dictionary, Memory
from trailkeeper.models.tables import Base
from trailkeeper.models.writing import DERIVATIONS, NULL
from trailkeeper.worker.enrich import Derivation, Enrichment

from .messages import Accepted

Fact: TypeAlias = str | None
Ids: TypeAlias = tuple[int | None, ...]
"""Of one event: the id of each derivation, in the order of `DERIVATIONS`; None where nothing is known."""

CAPACITY = 50_000  # facts whose derivation is remembered, per enrichment and process


class Derive:
    """Adds derivations, for any number of threads; made in the process that uses it.

    An enrichment that can tell nothing now leaves None, for a backfill to fill in.

    Args:
        engine: the database with the dictionaries.
        enrichments: one for each of `DERIVATIONS`, in any order.
    """

    def __init__(self, engine: Engine, enrichments: Iterable[Enrichment]) -> None:
        by_column = {f"{enrichment.name}_id": enrichment for enrichment in enrichments}
        self.enrichments = tuple(by_column[column] for column in DERIVATIONS)
        self._lock = threading.Lock()
        self._remembered = [_Remembered(engine, enrichment) for enrichment in self.enrichments]
        self._facts = [
            (attrgetter(f"event.{fact}"), _Texts(list(group)))
            for fact, group in groupby(self._remembered, attrgetter("fact"))
        ]

    def texts(self, batch: Sequence[Accepted]) -> list[str]:
        """The derivations of each event as COPY writes them, in order.

        Raises:
            StoreUnavailable: new derivations could not be committed.
        """
        with self._lock:
            columns = [texts.of(list(map(fact, batch))) for fact, texts in self._facts]
        return list(map("\t".join, zip(*columns, strict=True)))

    def of(self, facts: Sequence[Sequence[Fact]]) -> list[Ids]:
        """The derivations of each event, in order.

        Args:
            facts: for each enrichment, the fact of every event that it reads; None for nothing to derive.

        Raises:
            StoreUnavailable: new derivations could not be committed.
        """
        with self._lock:
            columns = [known.ids(column) for known, column in zip(self._remembered, facts, strict=True)]
        return list(zip(*columns, strict=True))


class _Texts:
    """What all enrichments of one fact find, as one text: a further one costs no event more."""

    def __init__(self, remembered: Sequence[_Remembered]) -> None:
        self._remembered = remembered
        self._known: dict[Fact, str] = {}
        self._forgotten: list[int] = []

    def of(self, facts: Sequence[Fact]) -> list[str]:
        """The text of each fact."""
        forgotten = [known.forget() for known in self._remembered]
        if forgotten != self._forgotten:
            self._known.clear()
            self._forgotten = forgotten
        # passes in C, as nearly every fact is known: half a microsecond an event, where a loop takes two
        if unknown := list(set(facts).difference(self._known)):
            columns = [map(_text, known.ids(unknown)) for known in self._remembered]
            self._known.update(zip(unknown, map("\t".join, zip(*columns, strict=True)), strict=True))
        return list(map(self._known.__getitem__, facts))


def _text(identity: int | None) -> str:
    return NULL if identity is None else str(identity)


class _Remembered:
    """Ids of what one enrichment finds; found once for each fact, as long as its data are the same."""

    def __init__(self, engine: Engine, enrichment: Enrichment) -> None:
        self.fact = enrichment.fact
        self._forgotten = 0
        self._enrichment = enrichment
        tables = {table.name: table for table in Base.metadata.tables.values()}  # whatever their schema
        self._dictionary = Dictionary(engine, tables[DERIVATIONS[f"{enrichment.name}_id"]])
        self._changes_seen = enrichment.changes()
        self._known: dict[Fact, int | None] = {}
        self._memory = Memory()

    def ids(self, facts: Sequence[Fact]) -> list[int | None]:
        """The id of each fact's derivation; None where there is no fact, or nothing is known now."""
        self.forget()
        if unknown := set(facts).difference(self._known):
            self._look_up(unknown)
        return list(map(self._known.get, facts))

    def forget(self) -> int:
        """Drop what is remembered once it is old, too much, or of data that were replaced.

        Returns:
            How often that happened.
        """
        changes = self._enrichment.changes()
        if self._memory.is_over() or len(self._known) > CAPACITY or changes != self._changes_seen:
            self._known.clear()
            self._forgotten += 1
        self._changes_seen = changes
        return self._forgotten

    def _look_up(self, unknown: Iterable[Fact]) -> None:
        new = {
            fact: derived for fact in unknown if fact is not None and (derived := self._enrichment.find(fact))
        }
        if new:
            self._store(new)
        # known to have none as long as the data hold: without a file, each batch would ask for every address
        self._known.update(dict.fromkeys(set(unknown).difference(new)))

    def _store(self, new: dict[str, Derivation]) -> None:
        digests = {fact: self._digest(fact, derived) for fact, derived in new.items()}
        ids = self._dictionary.ids({digests[fact]: self._row(fact, derived) for fact, derived in new.items()})
        self._known.update((fact, ids[digest]) for fact, digest in digests.items())

    def _row(self, fact: str, derived: Derivation) -> dict[str, Any]:
        row = msgspec.structs.asdict(cast(msgspec.Struct, derived))
        return {self._enrichment.fact: fact, **row} if self._enrichment.keeps_fact else row

    def _digest(self, fact: str, derived: Derivation) -> bytes:
        content = [fact if self._enrichment.keeps_fact else None, derived]
        return hashlib.sha256(msgspec.json.encode(content)).digest()[:16]
