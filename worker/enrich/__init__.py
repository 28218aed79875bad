"""Enrichments: what is derived from an event's facts, each in a module of its own.

Pure readers: no database, no Redis, no Celery. Each gives the same object for the
same fact until its data change, and never raises for one fact.
"""

from __future__ import annotations

from collections.abc import Sequence

from .client import NO_USER_AGENT, Client, ClientFinder
from .database import DatabaseState
from .enrichment import Derivation, Enrichment
from .location import LocationFinder
from .place import Location


def enrichments(geoip: Sequence[str]) -> tuple[Enrichment, ...]:
    """Every enrichment that events get.

    Args:
        geoip: MaxMind-format files (city, country, ASN).
    """
    return LocationFinder(geoip), ClientFinder()


__all__ = [
    "NO_USER_AGENT",
    "Client",
    "ClientFinder",
    "DatabaseState",
    "Derivation",
    "Enrichment",
    "Location",
    "LocationFinder",
    "enrichments",
]
