"""Who is erased: the id, and what else names the person in what others wrote."""

from __future__ import annotations

from typing import Any

import msgspec

from trailkeeper.worker.retention.addresses import addresses_in_readings, cut_addresses
from trailkeeper.worker.retention.emails import emails_in, plain

LASTING = ("project", "organization")
"""Scopes of events that outlive those by which a typed address could be told to be another's."""


class Person(msgspec.Struct, frozen=True):
    """A user by id, and by all that is known to be theirs: see `claims`.

    Attributes:
        user: the id.
        names: in lower case, composed. A name may be a word, so a text that has it is about the person only
            where somebody was looked for.
        emails: in lower case.
        addresses: from which the person acted.
        shared: how much more is known of them, but is others' too.
        lasting: the person as far as is believed in events of the `LASTING` scopes; None if that is the same.
    """

    user: str
    names: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    shared: int = 0
    lasting: Person | None = None

    def within(self, scope: str | None) -> Person:
        """The person as far as is believed in events of a scope."""
        return self.lasting if self.lasting is not None and scope in LASTING else self

    def is_in(self, value: Any) -> bool:
        """Whether a value of a payload has the person's email address or address in it."""
        if isinstance(value, dict):
            return any(self.is_in(each) for pair in value.items() for each in pair)
        if isinstance(value, list):
            return any(map(self.is_in, value))
        return isinstance(value, str) and (self.has_email(value) or self._has_address(value))

    def is_sought_by(self, value: Any) -> bool:
        """Whether what somebody looked for has the person in it, or is the person's name."""
        return self.is_in(value) or (isinstance(value, str) and plain(value) in self.names)

    def has_email(self, text: str) -> bool:
        """Whether a text has the person's email address in it."""
        return bool(self.emails) and not self.emails.isdisjoint(emails_in(text))

    def may_be_in(self, text: str) -> bool:
        """Whether any of many values, as they stand in a text, may be sought by or have the person in it."""
        return self.is_in(text) or any(name in plain(text) for name in self.names)

    def masked(self) -> list[str]:
        """What is looked for, as far as it helps to tell whether it is the person's."""
        texts = [_masked(text) for text in sorted(self.emails | self.names)]
        return [*texts, *sorted({cut_addresses(address) for address in self.addresses})]

    def _has_address(self, text: str) -> bool:
        return bool(self.addresses) and not self.addresses.isdisjoint(addresses_in_readings(text))


def _masked(text: str) -> str:
    name, at, domain = text.partition("@")
    return f"{name[:2]}…{at}{domain}"
