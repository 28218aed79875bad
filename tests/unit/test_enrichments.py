"""Each enrichment says which fact it reads and where its derivations go, and both are there."""

from __future__ import annotations

import pytest

from trailkeeper.models.tables import Base
from trailkeeper.models.writing import DERIVATIONS
from trailkeeper.producer.event import Event
from trailkeeper.worker.enrich import Enrichment, enrichments

ALL = enrichments(())
each_enrichment = pytest.mark.parametrize("enrichment", ALL, ids=[each.name for each in ALL])


def test_each_column_of_derivations_has_one_enrichment() -> None:
    assert sorted(each.column for each in ALL) == sorted(DERIVATIONS)
    assert len({each.table for each in ALL}) == len({each.name for each in ALL}) == len(ALL)


@each_enrichment
def test_its_fact_is_an_events_and_its_table_keeps_the_version_of_its_data(enrichment: Enrichment) -> None:
    [table] = [table for table in Base.metadata.tables.values() if table.name == enrichment.table]
    assert enrichment.fact in Event.__struct_fields__
    assert {"display", "source", "build"} <= set(table.columns.keys())
    assert (enrichment.fact in table.columns) == enrichment.keeps_fact


@each_enrichment
@pytest.mark.parametrize("fact", ["", "192.168.1.9", "twine/4.0.2 CPython/3.11.3", "\0\ud800", "x" * 2_000])
def test_whatever_the_fact_it_does_not_raise_and_what_it_finds_is_current(
    enrichment: Enrichment, fact: str
) -> None:
    derived = enrichment.find(fact)
    assert derived is None or enrichment.is_current(derived.source, derived.build)
    assert enrichment.changes() == enrichment.changes()
