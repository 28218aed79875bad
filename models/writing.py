"""Events into the table: COPY straight into it, or through a staging table where some may be there already.

The first is the fastest way that Postgres offers (decision 0006). The second, for
batches that were delivered before, skips rows whose key exists.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, func, select

from .engine import copy
from .stored_batches import note
from .tables import EventRow

DERIVATIONS = {"location_id": "locations", "network_id": "networks", "client_id": "clients"}
"""Columns that one enrichment of the worker fills each, and the dictionary whose rows they point to.

Those that are derived from the same fact stand side by side: they are remembered as one text.
"""

COLUMNS = (
    "id",
    "occurred_at",
    *DERIVATIONS,
    "scope",
    "tag",
    "user_id",
    "user_name",
    "project_id",
    "project_name",
    "organization_id",
    "organization_name",
    "actor_kind",
    "actor_id",
    "actor_name",
    "credential_kind",
    "credential_id",
    "credential_label",
    "on_behalf_of_id",
    "on_behalf_of_name",
    "ip",
    "request_id",
    "additional",
    "extras",
    "producer_id",
    "sequence",
)

Values = Sequence[str | None]
"""One event, a text or None a column, in the order of `COLUMNS`."""

CopyRow: TypeAlias = str
"""One event in COPY's text format, as `copy_row` makes it."""


class Inserted(NamedTuple):
    """A row that was not there before: what of it is counted."""

    id: UUID
    scope: str
    producer_id: int | None
    sequence: int | None


NULL = "\\N"
_SCOPE = COLUMNS.index("scope")
_names = ", ".join(COLUMNS)
_all = f"{_names}, imported_by"
_SPECIAL = "\\\t\n\r"
_escapes = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_row(values: Values) -> CopyRow:
    """Values as COPY carries them: whatever is in a text, escaped where it has to be.

    Args:
        values: one a column.
    """
    text = "".join(filter(None, values))
    # looked for in all of them at once, as there is rarely something: escaping takes ten times as long
    if any(special in text for special in _SPECIAL):
        values = [value and value.translate(_escapes) for value in values]
    return "\t".join([NULL if value is None else value for value in values])


def key_of_row(row: CopyRow) -> tuple[str, str]:
    """Which event a row is: its scope, and its id in hexadecimal. Neither is ever escaped."""
    values = row.split("\t", _SCOPE + 1)
    return values[_SCOPE], values[0]


def insert(connection: Connection, rows: Sequence[CopyRow], *, imported_by: int | None = None) -> None:
    """Insert rows of which none is in the table.

    Args:
        connection: in a transaction.
        rows: as `copy_row` makes them.
        imported_by: the backfill they come from.

    Raises:
        DuplicateRow: one is; the transaction is spoilt, start again with `insert_missing`.
        MissingPartition: no partition takes one of them; likewise.
        RefusedRow: one can never be stored; likewise.
    """
    _copy(connection, "events", rows, imported_by)
    note(connection, (key_of_row(row) for row in rows))


def insert_missing(
    connection: Connection, rows: Sequence[CopyRow], *, imported_by: int | None = None
) -> list[Inserted]:
    """Insert those rows whose key is not in the table yet.

    Args:
        connection: in a transaction.
        rows: as `copy_row` makes them.
        imported_by: the backfill they come from.

    Returns:
        Those that were inserted.

    Raises:
        MissingPartition: no partition takes one of them; the transaction is spoilt.
        RefusedRow: one can never be stored; likewise.
    """
    connection.exec_driver_sql("CREATE TEMP TABLE staged (LIKE events INCLUDING DEFAULTS) ON COMMIT DROP")
    _copy(connection, "staged", rows, imported_by)
    inserted = connection.exec_driver_sql(
        f"INSERT INTO events ({_all}) SELECT {_all} FROM staged ORDER BY id ON CONFLICT DO NOTHING"  # noqa: S608 - constants
        " RETURNING id, scope, producer_id, sequence"
    )
    new = [Inserted(*row) for row in inserted]
    # at once, for the same transaction may do this again
    connection.exec_driver_sql("DROP TABLE staged")
    note(connection, ((row.scope, row.id) for row in new))
    return new


def count_stored(connection: Connection, scope: str, ids: Sequence[UUID]) -> int:
    """How many of these events of one scope are in the table."""
    counted = select(func.count()).select_from(EventRow)
    result = connection.execute(counted.where(EventRow.scope == scope, EventRow.id.in_(ids)))
    return result.scalar_one()


def copy_text(rows: Sequence[CopyRow]) -> bytes:
    """Rows as COPY reads them."""
    return "\n".join([*rows, ""]).encode()


def _copy(connection: Connection, table: str, rows: Sequence[CopyRow], imported_by: int | None) -> None:
    names = _names
    if imported_by is not None:
        names, rows = _all, [f"{row}\t{imported_by}" for row in rows]
    copy(connection, f"COPY {table} ({names}) FROM STDIN", io.BytesIO(copy_text(rows)))
