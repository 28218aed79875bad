"""The views' own secret, and the keys made of it: one for each use, none of which tells of another.

It is a setting, or what `trailkeeper migrate` made and keeps in a table that only the views' role
reads. It is never made of another secret: whoever sees a cursor can try secrets against it offline, and
must not find the database's password or the key of tokens that way.
"""

from __future__ import annotations

import threading
from typing import Literal

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Engine

from trailkeeper.models.engine import transaction
from trailkeeper.models.kept_secrets import read_secret
from trailkeeper.models.tables import ViewsSecretRow

Use = Literal["cursors", "positions", "tickets"]
KEY_BYTES = 32


class ViewsSecret:
    """Read from the database when it is first used, and then kept. Safe for threads.

    Args:
        setting: the secret, where it is a setting.
        engine: of the views' role.
    """

    def __init__(self, setting: str | None, engine: Engine) -> None:
        self._secret = None if setting is None else setting.encode()
        self._engine = engine
        self._keys: dict[Use, bytes] = {}
        self._lock = threading.Lock()

    def key(self, use: Use) -> bytes:
        """The key for one use.

        Raises:
            StoreMisconfigured: there is no secret: the database was not migrated, or we may not read it.
            StoreError: the database does not answer.
        """
        if use not in self._keys:
            with self._lock:
                self._keys[use] = _derived(self._read(), use)
        return self._keys[use]

    def _read(self) -> bytes:
        if self._secret is None:
            with transaction(self._engine) as connection:
                self._secret = read_secret(connection, ViewsSecretRow)
        return self._secret


def _derived(secret: bytes, use: Use) -> bytes:
    label = f"trailkeeper views {use} 1".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=label).derive(secret)
