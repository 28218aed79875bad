"""Events into the table: COPY, straight in while nothing is there twice, else by way of a staging table.

Rows come as text, one string or None a column in the order of `COLUMNS`: what
COPY carries. Measured (see ARCHITECTURE.md), the straight way is the fastest
that Postgres offers; a batch that was delivered before goes the second way,
where a key that exists already is left as it is.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from typing import cast

import psycopg2.extensions
from sqlalchemy import Connection

from .errors import translated

COLUMNS = (
    "id",
    "occurred_at",
    "location_id",
    "client_id",
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
)

Row = Sequence[str | None]

NULL = "\\N"
_names = ", ".join(COLUMNS)
_escapes = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_BREAKS = re.compile(r"[\r\n]")
_READ_BYTES = 1 << 18


def insert(connection: Connection, rows: Sequence[Row]) -> None:
    """Insert rows of which none is in the table.

    Raises:
        DuplicateRow: one is; the transaction is spoilt, start again with `insert_missing`.
        MissingPartition: no partition takes one of them; likewise.
        RefusedRow: one can never be stored; likewise.
    """
    with translated():
        _copy(connection, "events", rows)


def insert_missing(connection: Connection, rows: Sequence[Row]) -> int:
    """Insert those rows whose key is not in the table yet.

    Returns:
        How many were inserted.

    Raises:
        MissingPartition: no partition takes one of them; the transaction is spoilt.
        RefusedRow: one can never be stored; likewise.
    """
    with translated():
        connection.exec_driver_sql("CREATE TEMP TABLE staged (LIKE events INCLUDING DEFAULTS) ON COMMIT DROP")
        _copy(connection, "staged", rows)
        inserted = connection.exec_driver_sql(
            f"INSERT INTO events ({_names}) SELECT {_names} FROM staged ORDER BY id ON CONFLICT DO NOTHING"  # noqa: S608 - constants
        )
        return inserted.rowcount


def copy_text(rows: Iterable[Row]) -> bytes:
    """Rows in COPY's text format."""
    return "".join(map(_line, rows)).encode()


def _copy(connection: Connection, table: str, rows: Sequence[Row]) -> None:
    with cast(psycopg2.extensions.cursor, connection.connection.cursor()) as cursor:
        cursor.copy_expert(f"COPY {table} ({_names}) FROM STDIN", io.BytesIO(copy_text(rows)), _READ_BYTES)


def _line(row: Row) -> str:
    line = "\t".join([NULL if value is None else value for value in row])
    if line.count("\\") == row.count(None) and line.count("\t") == len(row) - 1 and not _BREAKS.search(line):
        return line + "\n"  # nothing to escape, which is nearly always so
    return "\t".join([NULL if value is None else value.translate(_escapes) for value in row]) + "\n"
