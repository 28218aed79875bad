"""Derivations: the location of an address and the client behind a user agent.

Pure readers: no database, no Redis, no Celery. Each finder gives the same object
for the same fact until its data change, and never raises for one fact.
"""

from .client import Client, ClientFinder
from .client_wording import NO_USER_AGENT
from .database import DatabaseState
from .location import LocationFinder
from .place import Location

__all__ = ["NO_USER_AGENT", "Client", "ClientFinder", "DatabaseState", "Location", "LocationFinder"]
