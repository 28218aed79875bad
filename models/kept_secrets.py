"""Secrets that the database keeps, each in a table that one role reads: made once, by a migration."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from .errors import StoreMisconfigured
from .tables import ImportSecretRow, KeptSecretRow, ViewsSecretRow

BYTES = 32
MISSING: dict[type[KeptSecretRow], str] = {
    ViewsSecretRow: (
        "the views' secret is missing: run `trailkeeper migrate`, or set TRAILKEEPER_VIEWS_SECRET"
    ),
    ImportSecretRow: "the secret of imports is missing: run `trailkeeper migrate`",
}


def ensure_secrets(connection: Connection) -> None:
    """Make those secrets that are missing; of several migrations at once one makes them.

    Raises:
        StoreError: a table is missing, or the database is away.
    """
    for table in MISSING:
        row = insert(table).values(is_only=True, secret=secrets.token_bytes(BYTES))
        connection.execute(row.on_conflict_do_nothing())


def read_secret(connection: Connection, table: type[KeptSecretRow]) -> bytes:
    """A secret.

    Raises:
        StoreMisconfigured: there is none.
        StoreError: the table is missing or not ours to read, or the database is away.
    """
    secret: bytes | None = connection.scalar(select(table.secret))
    if secret is None:
        raise StoreMisconfigured(MISSING[table])
    return bytes(secret)
