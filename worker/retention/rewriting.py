"""Rows of `events` with some columns rewritten, many in one statement."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.dialects import postgresql

from trailkeeper.models.tables import EventRow

KEY = ("id", "scope")
Rewritten = Mapping[str, Any]
"""The `id` and `scope` of a row, and its rewritten columns."""


def rewrite_rows(
    connection: Connection, table: str, rows: Sequence[Rewritten], *, by: str, changes: str = ""
) -> int:
    """Write the columns that the rows have, all of them the same ones.

    Args:
        connection: in a transaction that has locked the rows.
        table: `events` or a partition; never text from outside.
        rows: of one scope; none is fine.
        by: which scrub or erasure it is, for `scrubbed_by`.
        changes: of further columns, in SQL on rows ``e``; never text from outside.

    Returns:
        How many rows were rewritten.
    """
    if not rows:
        return 0
    names = [name for name in rows[0] if name not in KEY]
    sets = ", ".join([*([changes] if changes else []), *(f"{name} = new.{name}" for name in names)])
    statement = text(
        f"UPDATE {table} AS e SET {sets}, scrubbed_at = now(), scrubbed_by = array_append(e.scrubbed_by, :by)"  # noqa: S608 - names from the catalog, constants
        f" FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new({', '.join(map(_declared, ('id', *names)))})"
        # the ids once more, so that no plan looks at rows of other times
        " WHERE e.id = new.id AND e.scope = :scope AND e.id = ANY (CAST(:ids AS uuid[]))"
    )
    values = {"rows": json.dumps(rows, default=str), "by": by, "scope": rows[0]["scope"]}
    return connection.execute(statement, values | {"ids": [row["id"] for row in rows]}).rowcount


def _declared(column: str) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # as published
    return f"{column} {EventRow.__table__.c[column].type.compile(dialect)}"
