"""Each enrichment keeps the contract, and together they fill every column of derivations."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from tests.support.contracts.enrichment import EnrichmentContract
from tests.support.small_mmdb import asn, write_mmdb
from trailkeeper.models.histories.derivations import KINDS
from trailkeeper.models.writing import DERIVATIONS
from trailkeeper.views.csv_rows import HEADER
from trailkeeper.views.masking import ORIGIN
from trailkeeper.worker.enrich import (
    ClientFinder,
    Enrichment,
    GeoipFiles,
    LocationFinder,
    NetworkFinder,
    enrichments,
)


class TestLocation(EnrichmentContract):
    known: ClassVar[tuple[str, ...]] = ("81.2.69.160", "8.8.8.8")

    def make(self, folder: Path) -> Enrichment:
        records = {
            network: {"country": {"iso_code": code, "names": {"en": name}}}
            for network, code, name in (("81.2.0.0/16", "GB", "United Kingdom"), ("8.0.0.0/8", "US", "USA"))
        }
        return LocationFinder(GeoipFiles([str(write_mmdb(folder / "country.mmdb", records))]))


class TestNetwork(EnrichmentContract):
    known: ClassVar[tuple[str, ...]] = ("81.2.69.160", "8.8.8.8")

    def make(self, folder: Path) -> Enrichment:
        records = {"81.2.0.0/16": asn(64496, "One"), "8.0.0.0/8": asn(64497, "Two")}
        return NetworkFinder(GeoipFiles([str(write_mmdb(folder / "asn.mmdb", records, kind="Small-ASN"))]))


class TestClient(EnrichmentContract):
    known: ClassVar[tuple[str, ...]] = (
        "twine/4.0.2 CPython/3.11.3",
        "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
    )

    def make(self, folder: Path) -> Enrichment:
        return ClientFinder()


def test_each_column_of_derivations_has_one_enrichment() -> None:
    every = enrichments(())

    assert sorted(f"{each.name}_id" for each in every) == sorted(DERIVATIONS)


def test_each_is_read_masked_and_exported() -> None:
    names = {each.name for each in enrichments(())}

    assert {kind.key for kind in KINDS} == set(DERIVATIONS)
    assert {kind.name for kind in KINDS} == names
    assert names <= set(ORIGIN)
    assert names <= set(HEADER)
