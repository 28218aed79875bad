"""Checks signatures, before anything else of a message is trusted."""

from __future__ import annotations

from collections.abc import Iterable

from trailkeeper.producer.errors import InvalidMessage
from trailkeeper.producer.signing import SigningKey, Verifier

from .messages import SIGNATURE, IncomingMessage
from .sequence_numbers import number_in

MAX_SHOWN = 80


class Signatures:
    """Rejects messages that no known key signed.

    Args:
        keys: as the settings have them.

    Raises:
        SettingsError: one of them is no key.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._verifier = Verifier(SigningKey.of(key) for key in keys)

    @classmethod
    def of(cls, keys: Iterable[str]) -> Signatures | None:
        """None where no key is set: then signatures are not checked."""
        known = tuple(keys)
        return cls(known) if known else None

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
        if key.producer is not None:
            _assert_bound(key, key.producer, message)


def _assert_bound(key: SigningKey, producer: str, message: IncomingMessage) -> None:
    numbered = number_in(message.payload or b"")
    if numbered is not None and not numbered.producer.startswith(f"{producer}:"):
        producer_name = numbered.producer[:MAX_SHOWN]
        raise InvalidMessage(
            "forged", f"the key {key.name.decode()!r} is {producer}'s, and the event is of {producer_name}"
        )
