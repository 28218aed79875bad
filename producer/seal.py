"""The last touch before delivery: an event's number, and the signature over all of it."""

from __future__ import annotations

from .message import Message
from .numbering import Numbering
from .signing import Signer


class Seal:
    """Makes of a message what goes to the stream.

    Args:
        numbering: numbers the events that must not get lost.
        signer: signs every message; None without a key.
    """

    def __init__(self, numbering: Numbering, signer: Signer | None) -> None:
        self._numbering = numbering
        self._signer = signer

    def numbered(self, message: Message) -> Message:
        """A message on its way to the stream: with a number unless it is `best_effort`, and signed."""
        event_id, tag, payload, invalid, delivery, signature, numbers = message
        if delivery != "best_effort":
            payload, numbers = self._numbering.number(payload)
        if self._signer is not None:
            signature = self._signer.sign(payload, invalid)
        return Message(event_id, tag, payload, invalid, delivery, signature, numbers)

    def signed(self, message: Message) -> Message:
        """A message that has a number already, from where it was made."""
        if self._signer is None:
            return message
        return message._replace(signature=self._signer.sign(message.payload, message.invalid))

    def refused(self, message: Message) -> None:
        """A numbered message was not recorded, and its caller knows."""
        self._numbering.void(message.numbers)
