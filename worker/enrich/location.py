"""Locations of addresses, from files of cities and countries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from .geoip import FROM_ADDRESS, AddressEnrichment
from .place import Location, Record, location


class LocationFinder(AddressEnrichment[Location]):
    """Enrichment: the location of an address, or the reason why it has none."""

    name: ClassVar[str] = "location"
    table: ClassVar[str] = "locations"
    column: ClassVar[str] = "location_id"

    @staticmethod
    def reads(source: str) -> bool:
        """Whatever is not of networks alone: files give themselves any name."""
        kind = source.lower()
        return "asn" not in kind and not kind.endswith("isp")

    def without(self, reason: str) -> Location:
        """No location, and why."""
        source, build = FROM_ADDRESS
        return Location(reason=reason, source=source, build=build)

    def derived(self, records: Iterable[Record], source: str, build: str) -> Location:
        """For each value the first record that has it wins."""
        return location(records, source, build)
