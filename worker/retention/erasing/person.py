"""Who is erased: the id, and what else names the person in what others wrote."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import msgspec

from trailkeeper.worker.retention.addresses import addresses_in

_EMAIL = re.compile(r"[^\s<>\"'(),;:\[\]]+@[^\s<>\"'(),;:\[\]]+")


class Person(msgspec.Struct, frozen=True):
    """A user by id, and by all that the trail knows of them.

    Attributes:
        user: the id.
        names: in lower case, composed. Anybody may choose a name that is a word, so a text that only has it
            somewhere within is not about the person.
        emails: in lower case.
        addresses: from which the person acted.
    """

    user: str
    names: set[str] = set()
    emails: set[str] = set()
    addresses: set[str] = set()

    def learn(self, value: Any) -> None:
        """Remember a name or an email address of the person."""
        if isinstance(value, str) and (text := plain(value)):
            (self.emails if "@" in text else self.names).add(text)
        elif isinstance(value, list):
            for item in value:
                self.learn(item)

    def is_in(self, value: Any, *, named: bool) -> bool:
        """Whether a value of a payload has the person's email address or address in it.

        With *named*, also whether it is the person's name.
        """
        if isinstance(value, dict):
            return any(self.is_in(each, named=named) for pair in value.items() for each in pair)
        if isinstance(value, list):
            return any(self.is_in(item, named=named) for item in value)
        if not isinstance(value, str):
            return False
        return self.is_mentioned_in(value) or (named and plain(value) in self.names)

    def is_mentioned_in(self, text: str) -> bool:
        """Whether a text has the person's email address or address in it."""
        return self.has_email(text) or (
            bool(self.addresses) and not self.addresses.isdisjoint(addresses_in(text))
        )

    def has_email(self, text: str) -> bool:
        """Whether a text has the person's email address in it."""
        return bool(self.emails) and "@" in text and not self.emails.isdisjoint(_emails_in(text))


def _emails_in(text: str) -> Iterable[str]:
    return (match[0].casefold().rstrip(".!?") for match in _EMAIL.finditer(text))


def plain(text: str) -> str:
    """A text as it is compared: composed, in lower case, with single spaces."""
    return unicodedata.normalize("NFKC", " ".join(text.split())).casefold()
