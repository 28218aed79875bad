"""Where an address is, put together from the records of files of cities and countries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import msgspec

from .geoip import AddressEnrichment
from .mmdb import Record
from .text import one_line


class Location(msgspec.Struct, frozen=True, kw_only=True):
    """Where an address is, or why that cannot be said.

    Attributes:
        display: one line for people, "New York, NY, US"; None where nothing is known.
        reason: None, or why there is no location: ``private``, ``loopback``, ``link_local``, ``shared``,
            ``documentation``, ``multicast``, ``reserved``, ``unspecified``, ``invalid`` or ``not_found``.
        region: ISO code of the subdivision, without the country.
        country: its English name.
        source: the types of the files that were asked, joined by ``+``; ``address`` where none was needed.
        build: the dates those files were built, joined by ``+`` in the same order.
    """

    display: str | None = None
    reason: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None
    country_code: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    source: str
    build: str


class LocationFinder(AddressEnrichment[Location]):
    """Enrichment: the location of an address, or the reason why it has none."""

    name: ClassVar[str] = "location"

    @staticmethod
    def reads(source: str) -> bool:
        """Every file but those of networks alone, as files may call themselves anything."""
        kind = source.lower()
        return "asn" not in kind and not kind.endswith("isp")

    def derived(self, records: Iterable[Record], source: str, build: str, reason: str | None) -> Location:
        """For each value the first record that has it wins."""
        if reason:
            return Location(reason=reason, source=source, build=build)
        return location(records, source, build)


def display(
    city: str | None, region: str | None, country: str | None, country_code: str | None
) -> str | None:
    """The line shown: the country's code after what is finer, its name where it stands alone."""
    if not city and not region:
        return country or country_code or None
    return ", ".join(part for part in (city, region, country_code) if part)


def location(records: Iterable[Record], source: str, build: str) -> Location:
    """The location that *records* describe; for each value the first record that has it wins.

    A record that names another country than those before it is left out: a place is
    never put together from two.
    """
    merged: dict[str, Any] = {}
    for record in records:
        values = _values(record)
        code = values.get("country_code")
        if not code or merged.get("country_code", code) == code:
            merged = values | merged
    line = display(*(merged.get(key) for key in ("city", "region", "country", "country_code")))
    if line is None:  # coordinates alone are the middle of a continent
        return Location(reason="not_found", source=source, build=build)
    return Location(display=line, source=source, build=build, **merged)


def _values(record: Record) -> dict[str, Any]:
    country, where = _part(record, "country"), _part(record, "location")
    subdivisions = record.get("subdivisions")
    region = subdivisions[0] if isinstance(subdivisions, list) and subdivisions else None
    latitude, longitude = _degrees(where.get("latitude"), 90), _degrees(where.get("longitude"), 180)
    placed = latitude is not None and longitude is not None
    values = {
        "city": _name(_part(record, "city")),
        "region": one_line(region.get("iso_code")) if isinstance(region, dict) else None,
        "country": _name(country),
        "country_code": one_line(country.get("iso_code")),
        "latitude": latitude if placed else None,
        "longitude": longitude if placed else None,
    }
    return {key: value for key, value in values.items() if value is not None}


def _part(record: Record, key: str) -> Record:
    part = record.get(key)
    return part if isinstance(part, dict) else {}


def _degrees(value: object, limit: int) -> float | None:
    return float(value) if isinstance(value, int | float) and -limit <= value <= limit else None


def _name(part: Record) -> str | None:
    return one_line(_part(part, "names").get("en"))
