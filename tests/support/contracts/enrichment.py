"""What every enrichment promises, whatever its fact and its data: one suite over all of them."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trailkeeper.models.histories.derivations import KINDS
from trailkeeper.models.writing import DERIVATIONS
from trailkeeper.producer.deceptive import is_plain
from trailkeeper.producer.event import Event
from trailkeeper.worker.enrich import Derivation, Enrichment

HOSTILE = [
    "",
    " ",
    "192.168.1.9",
    "twine/4.0.2 CPython/3.11.3",
    "\0\ud800",
    "x" * 2_000,
    "::1%a",
    "8.8.8.8\n",
]


class EnrichmentContract(ABC):
    """Subclasses make one enrichment and name facts that it knows."""

    known: ClassVar[tuple[str, ...]]
    """Facts that it derives something from, each something else."""

    @abstractmethod
    def make(self, folder: Path) -> Enrichment:
        """The enrichment, with its data in *folder*."""

    @pytest.fixture
    def enrichment(self, tmp_path: Path) -> Enrichment:
        return self.make(tmp_path)

    def test_its_fact_its_column_and_its_table_are_there(self, enrichment: Enrichment) -> None:
        [kind] = [kind for kind in KINDS if kind.name == enrichment.name]

        assert enrichment.fact in Event.__struct_fields__
        assert DERIVATIONS[kind.key] == kind.table.__tablename__
        assert (enrichment.fact in kind.table.__table__.columns) == enrichment.keeps_fact

    def test_each_field_of_a_derivation_is_a_column_that_is_read(self, enrichment: Enrichment) -> None:
        fields = set(msgspec.structs.asdict(_struct(enrichment.find(self.known[0]))))
        [kind] = [kind for kind in KINDS if kind.name == enrichment.name]

        assert {"display", "source", "build"} <= fields <= set(kind.columns)
        assert fields <= set(kind.table.__table__.columns.keys())

    def test_what_it_knows_has_one_line_for_people(self, enrichment: Enrichment) -> None:
        lines = [_line(enrichment.find(fact)) for fact in self.known]

        assert len(set(lines)) == len(lines)
        assert all(is_plain(line) for line in lines)

    @pytest.mark.parametrize("fact", HOSTILE)
    def test_a_hostile_fact_raises_nothing(self, enrichment: Enrichment, fact: str) -> None:
        _check(enrichment, fact)

    def test_whatever_the_fact_what_it_finds_is_current_and_can_be_stored(
        self, enrichment: Enrichment
    ) -> None:
        @settings(max_examples=100, deadline=None)
        @given(fact=st.text(max_size=200) | st.ip_addresses().map(str))
        def check(fact: str) -> None:
            _check(enrichment, fact)

        check()

    def test_the_same_fact_gives_the_same_object_while_its_data_stay(self, enrichment: Enrichment) -> None:
        before = enrichment.changes()

        assert enrichment.find(self.known[0]) is enrichment.find(self.known[0])
        assert enrichment.changes() == before

    def test_other_data_make_what_was_found_old(self, enrichment: Enrichment) -> None:
        found = enrichment.find(self.known[0])

        assert found is not None
        assert not enrichment.is_current(found.source, f"{found.build} and older")
        assert not enrichment.is_current("something else", "1999-01-01")

    def test_threads_find_the_same(self, enrichment: Enrichment) -> None:
        found: list[list[Derivation | None]] = []
        threads = [
            threading.Thread(target=lambda: found.append([enrichment.find(fact) for fact in self.known]))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert found == [[enrichment.find(fact) for fact in self.known]] * 8


def _check(enrichment: Enrichment, fact: str) -> None:
    found = enrichment.find(fact)
    if found is None:
        return
    assert enrichment.is_current(found.source, found.build)
    for value in msgspec.structs.asdict(_struct(found)).values():
        assert not isinstance(value, str) or ("\0" not in value and value.encode() is not None)


def _line(derivation: Derivation | None) -> str:
    assert derivation is not None
    assert derivation.display
    return derivation.display


def _struct(derivation: Any) -> msgspec.Struct:
    assert isinstance(derivation, msgspec.Struct)
    return derivation
