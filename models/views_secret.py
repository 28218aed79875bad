"""The views' secret: made once by a migration, read by the views."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from .errors import StoreMisconfigured, translated
from .tables import ViewsSecretRow

BYTES = 32
MISSING = "the views' secret is missing: run `trailkeeper migrate`, or set TRAILKEEPER_VIEWS_SECRET"


def ensure_views_secret(connection: Connection) -> None:
    """Make a secret if there is none; of several migrations at once one makes it.

    Raises:
        StoreError: the table is missing, or the database is away.
    """
    row = insert(ViewsSecretRow).values(is_only=True, secret=secrets.token_bytes(BYTES))
    with translated():
        connection.execute(row.on_conflict_do_nothing())


def read_views_secret(connection: Connection) -> bytes:
    """The secret.

    Raises:
        StoreMisconfigured: there is none.
        StoreError: the table is missing or not ours to read, or the database is away.
    """
    with translated():
        secret: bytes | None = connection.scalar(select(ViewsSecretRow.secret))
    if secret is None:
        raise StoreMisconfigured(MISSING)
    return bytes(secret)
