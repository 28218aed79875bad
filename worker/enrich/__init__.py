"""Enrichments: what is derived from an event's facts, each in a module of its own.

Pure readers: no database, no Redis, no Celery. Each gives the same object for the
same fact until its data change, and never raises for one fact.
"""

from __future__ import annotations

from collections.abc import Sequence

from .client import NO_USER_AGENT, Client, ClientFinder
from .enrichment import Derivation, Enrichment
from .geoip import GeoipFiles
from .location import Location, LocationFinder
from .network import Network, NetworkFinder


def enrichments(geoip: Sequence[str]) -> tuple[Enrichment, ...]:
    """Every enrichment that events get.

    Args:
        geoip: MaxMind-format files (city, country, ASN).
    """
    files = GeoipFiles(geoip)
    return LocationFinder(files), ClientFinder(), NetworkFinder(files)


__all__ = [
    "NO_USER_AGENT",
    "Client",
    "ClientFinder",
    "Derivation",
    "Enrichment",
    "GeoipFiles",
    "Location",
    "LocationFinder",
    "Network",
    "NetworkFinder",
    "enrichments",
]
