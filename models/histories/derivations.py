"""Places and clients by their keys, as JSON, remembered while a whole history is read."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Integer, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from trailkeeper.models.tables import ClientRow, LocationRow

from .event import StoredClient, StoredLocation

MOST = 20_000
"""Of each kind, some ten megabytes. Beyond it all are forgotten, and looked up again."""

Key = int | None
Json = dict[str, Any]


class Derivations:
    """Rows of one dictionary. They are never altered, so that what is remembered stays true.

    Args:
        table: the dictionary.
        kind: its rows.
        write: makes JSON of a row.
    """

    def __init__(
        self,
        table: type[LocationRow | ClientRow],
        kind: type[StoredLocation | StoredClient],
        write: Callable[[Any], Json | None],
    ) -> None:
        self._kind, self._write = kind, write
        columns = [getattr(table, field.name) for field in fields(kind)]
        keys = bindparam("keys", type_=ARRAY(Integer))
        self._statement = select(*columns).where(table.id == any_(keys))
        self._known: dict[Key, Json | None] = {}

    def of(self, connection: Connection, keys: Collection[Key]) -> dict[Key, Json | None]:
        """JSON by key; None where there is no key, or no row of it."""
        if len(self._known) > MOST:
            self._known = {}
        missing = [key for key in keys if key not in self._known]
        self._known.update(dict.fromkeys(missing))
        asked = [key for key in missing if key is not None]
        rows = connection.execute(self._statement, {"keys": asked}) if asked else ()
        self._known.update((row[0], self._write(self._kind(*row))) for row in rows)
        return self._known
