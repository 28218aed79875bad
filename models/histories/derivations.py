"""The kinds of derivations, and their rows as JSON, remembered while a whole history is read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from typing import Any, NamedTuple

from sqlalchemy import Connection, Integer, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from trailkeeper.models.tables import ClientRow, DictionaryRow, LocationRow, NetworkRow

from .as_json import derivation_as_json
from .event import StoredClient, StoredDerivation, StoredLocation, StoredNetwork

MOST = 20_000
"""Of each kind, some ten megabytes. Beyond it all are forgotten, and looked up again."""

Key = int | None
Json = dict[str, Any]


class DerivationKind(NamedTuple):
    """One kind: its name in a `StoredEvent` and in JSON, its dictionary, and what a row of it becomes."""

    name: str
    table: type[DictionaryRow]
    stored: type[StoredDerivation]

    @property
    def key(self) -> str:
        """The column of `events` that points to its dictionary."""
        return f"{self.name}_id"

    @property
    def columns(self) -> list[str]:
        """Of its dictionary: all that are read, the id first."""
        return [field.name for field in fields(self.stored)]


KINDS = (
    DerivationKind("location", LocationRow, StoredLocation),
    DerivationKind("client", ClientRow, StoredClient),
    DerivationKind("network", NetworkRow, StoredNetwork),
)
"""In the order in which `as_json` takes them, which is not that of `DERIVATIONS`."""


class Derivations:
    """Rows of one dictionary. They are never altered, so that what is remembered stays true."""

    def __init__(self, kind: DerivationKind) -> None:
        self._stored = kind.stored
        columns = [getattr(kind.table, name) for name in kind.columns]
        keys = bindparam("keys", type_=ARRAY(Integer))
        self._statement = select(*columns).where(kind.table.id == any_(keys))
        self._known: dict[Key, Json | None] = {}

    def of(self, connection: Connection, keys: Collection[Key]) -> dict[Key, Json | None]:
        """JSON by key; None where there is no key, or no row of it."""
        if len(self._known) > MOST:
            self._known = {}
        missing = [key for key in keys if key not in self._known]
        self._known.update(dict.fromkeys(missing))
        wanted = [key for key in missing if key is not None]
        rows = connection.execute(self._statement, {"keys": wanted}) if wanted else ()
        self._known.update((row[0], derivation_as_json(self._stored(*row))) for row in rows)
        return self._known
