"""Checks signatures, before anything else of a message is trusted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from trailkeeper.producer.catalogue import Catalogue
from trailkeeper.producer.errors import InvalidMessage
from trailkeeper.producer.signing import SigningKey, Verifier

from .messages import SIGNATURE, IncomingMessage

MAX_SHOWN = 80


class Signatures:
    """Rejects messages that no known key signed.

    Args:
        keys: as the settings have them.
        catalogue: knows the tag that an alias stands for.

    Raises:
        SettingsError: one of them is no key.
    """

    def __init__(self, keys: Iterable[str], catalogue: Catalogue) -> None:
        self._verifier = Verifier(SigningKey.of(key) for key in keys)
        self._catalogue = catalogue

    @classmethod
    def of(cls, keys: Iterable[str], catalogue: Catalogue) -> Signatures | None:
        """None where no key is set: then signatures are not checked."""
        known = tuple(keys)
        return cls(known, catalogue) if known else None

    def hold(self, message: IncomingMessage) -> bool:
        """Whether a key of ours signed all that the message says."""
        try:
            self.check(message)
        except InvalidMessage:
            return False
        return True

    def check(self, message: IncomingMessage) -> None:
        """Raise `InvalidMessage` unless a key of ours signed all that the message says.

        Its reason is ``unsigned`` or ``forged``.
        """
        signature = message.fields.get(SIGNATURE)
        if signature is None:
            raise InvalidMessage(
                "unsigned", "the entry has no field `s`, and this worker asks for signatures"
            )
        key = self._verifier.key_of(message.payload or b"", message.problem, signature)
        if key is None:
            name = signature.rpartition(b":")[0][:MAX_SHOWN].decode("utf-8", "replace")
            raise InvalidMessage(
                "forged", f"it says that the key {name!r} signed it, and no such key of ours did"
            )
        self._assert_bound(key, message)

    def _assert_bound(self, key: SigningKey, message: IncomingMessage) -> None:
        """Refuse whatever else a bound key signed, with a sequence number or without."""
        if key.producer is None and not key.tags:
            return
        try:
            claims = _decoder.decode(message.payload or b"")
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return  # no event either: it is rejected for that, and none of its numbers is counted
        producer, tag = claims.producer, claims.tag
        if key.producer is not None and isinstance(producer, str) and not _is_of(producer, key.producer):
            raise InvalidMessage(
                "forged",
                f"the key {key.name.decode()!r} is {key.producer}'s,"
                f" and the event is of {producer[:MAX_SHOWN]}",
            )
        if isinstance(tag, str) and not key.may_sign(self._stored(tag)):
            raise InvalidMessage("forged", f"the key {key.name.decode()!r} may not sign {tag[:MAX_SHOWN]}")

    def _stored(self, tag: str) -> str:
        """The tag under which an event is stored: an alias may be spelled like tags of another kind."""
        event_type = self._catalogue.get(tag)
        return tag if event_type is None else event_type.tag


class _BoundFields(msgspec.Struct, gc=False):
    """What a message says that its key may not allow: whose it is, and of which type. Of any JSON type."""

    producer: Any = None
    tag: Any = None


_decoder = msgspec.json.Decoder(_BoundFields)


def _is_of(producer: str, name: str) -> bool:
    return producer.startswith(f"{name}:")
