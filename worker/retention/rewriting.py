"""Rows of `events` with some columns rewritten, many in a statement."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, TextClause, text
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
        rows: of one scope; none is fine. A row with no columns gets the changes only.
        by: which scrub or erasure it is, for `scrubbed_by`.
        changes: of further columns, in SQL on rows ``e``; never text from outside.

    Returns:
        How many rows were rewritten.
    """
    alike: dict[tuple[str, ...], list[Rewritten]] = {}
    for row in rows:
        alike.setdefault(tuple(name for name in row if name not in KEY), []).append(row)
    return sum(
        connection.execute(_statement(table, names, changes), _values(found, names) | {"by": by}).rowcount
        for names, found in alike.items()
    )


def _statement(table: str, names: tuple[str, ...], changes: str) -> TextClause:
    sets = [*([changes] if changes else []), *(f"{name} = new.{name}" for name in names)]
    sets += ["scrubbed_at = now()", "scrubbed_by = array_append(e.scrubbed_by, :by)"]
    new = f"FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new({', '.join(map(_declared, ('id', *names)))})"
    source, mine = (new, "e.id = new.id") if names else ("", "true")
    return text(
        f"UPDATE {table} AS e SET {', '.join(sets)} {source}"  # noqa: S608 - names from the catalog, constants
        # the ids in any case, so that no plan looks at rows of other times
        f" WHERE {mine} AND e.scope = :scope AND e.id = ANY (CAST(:ids AS uuid[]))"
    )


def _values(rows: Sequence[Rewritten], names: tuple[str, ...]) -> dict[str, Any]:
    values: dict[str, Any] = {"scope": rows[0]["scope"], "ids": [row["id"] for row in rows]}
    return values | ({"rows": json.dumps(rows, default=str)} if names else {})


def _declared(column: str) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # as published
    return f"{column} {EventRow.__table__.c[column].type.compile(dialect)}"
