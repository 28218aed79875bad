"""Positions of live tails as clients get them: an event, and a sealed snapshot of the database.

A snapshot has numbers of transactions, which count what is stored, whoever may see it. So it is
encrypted, with a code (AES-GCM), and filled up, as its length tells how many transactions ran.
"""

from __future__ import annotations

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from trailkeeper.models.histories import EventKey
from trailkeeper.models.histories.event_key import AFTER_ALL
from trailkeeper.models.snapshots import Snapshot

from .secret import ViewsSecret
from .tail import TailPosition

NONCE = 12  # bytes
FILLED = 128
UUIDV7 = 7
EXPECTED = "expected the id of a message, or an event's scope, slash and id"


class Positions:
    """Writes and reads positions.

    Args:
        secret: the views' own, which all processes of a service share.
    """

    def __init__(self, secret: ViewsSecret) -> None:
        self._secret = secret

    def writer(self) -> Callable[[TailPosition], str]:
        """What writes positions, and needs no database any more: ``user/01934c1f-…@`` and what is sealed.

        Raises:
            StoreError: the secret cannot be read.
        """
        cipher = self._cipher()
        return lambda position: _written(position, cipher)

    def read(self, text: str) -> TailPosition:
        """Read what was written, or an event's key or id.

        What is sealed with another secret, altered, or not sealed is as if it were not there.

        Raises:
            ValueError: it is none of these.
            StoreError: the secret cannot be read.
        """
        event, at, sealed = text.partition("@")
        try:
            newest = EventKey.parse(event) if event or not at else None
        except ValueError as error:
            raise ValueError(f"{text[:80]!r} is no position in a tail; {EXPECTED}") from error
        if newest is not None and newest.id.version != UUIDV7:
            raise ValueError(f"{text[:80]!r} is no event's id; expected a UUIDv7")
        return TailPosition(newest, _opened(sealed, event, self._cipher()) if at else None)

    def _cipher(self) -> AESGCM:
        return AESGCM(self._secret.key("positions"))


def _written(position: TailPosition, cipher: AESGCM) -> str:
    event = "" if position.newest is None else _text(position.newest)
    if position.seen is None:
        return event
    snapshot, nonce = str(position.seen.shortened()), os.urandom(NONCE)
    filled = snapshot.ljust(-(-len(snapshot) // FILLED) * FILLED).encode()
    return f"{event}@{urlsafe_b64encode(nonce + cipher.encrypt(nonce, filled, event.encode())).decode()}"


def _opened(sealed: str, event: str, cipher: AESGCM) -> Snapshot | None:
    try:
        raw = urlsafe_b64decode(sealed.encode("ascii"))
        return Snapshot.parse(cipher.decrypt(raw[:NONCE], raw[NONCE:], event.encode()).decode().rstrip())
    except (ValueError, InvalidTag):  # of an older version or another secret: the event is enough to go on
        return None


def _text(key: EventKey) -> str:
    """A key as the client sends it back; of a place that is no event, its id."""
    return str(key.id) if key.scope == AFTER_ALL else str(key)
