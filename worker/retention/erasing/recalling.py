"""By what a person was known in an erasure before: it emptied the events that told it.

Kept are fingerprints, with a key for each person. They tell nobody who the person is; they tell again
what is the person's among what an erasure goes through. So a dry one goes through everything,
and what it recognises is claimed for the person again, and held against what others claim as ever.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterator
from typing import Any

import msgspec

from trailkeeper.models import erased_persons
from trailkeeper.models.engine import transaction
from trailkeeper.models.erased_persons import KnownBy
from trailkeeper.worker.retention.addresses import addresses_in_readings
from trailkeeper.worker.retention.emails import emails_in, plain

from .claims import Claims
from .everywhere import everywhere
from .person import Person
from .walks import ErasureJob

BYTES = 32
DIGITS = 32
"""Of a fingerprint, hexadecimal."""
GROUPS = ("said", "verified", "addresses")
"""Of claims."""


class Recognised(Person, frozen=True):
    """Somebody who is known by fingerprints: what is the person's is noted, and nothing is taken."""

    key: bytes = b""
    looked_for: frozenset[str] = frozenset()
    found: dict[str, str] = msgspec.field(default_factory=dict)
    """Fingerprints and texts."""

    def within(self, scope: str | None) -> Person:  # noqa: ARG002 - as it is declared
        """What is believed where is told from the texts."""
        return self

    def is_in(self, value: Any) -> bool:
        """Notes what is in a value."""
        for text in _texts(value):
            for each in {plain(text), *emails_in(text), *addresses_in_readings(text)}:
                if (mark := fingerprint(self.key, each)) in self.looked_for:
                    self.found[mark] = each
        return False

    is_sought_by = is_in

    def has_email(self, text: str) -> bool:
        """Notes what is in a text."""
        return self.is_in(text)

    def may_be_in(self, text: str) -> bool:  # noqa: ARG002 - as it is declared
        """Nothing is passed over."""
        return True


def recall(job: ErasureJob, claims: dict[str, Claims]) -> None:
    """Add to claims, by their names, what was known of them in an erasure before."""
    with transaction(job.engine) as connection:
        before = erased_persons.read(connection, job.user_id)
    if before is not None:
        groups = (marks for of in before.fingerprints.values() for marks in of.values())
        looked_for = frozenset(mark for marks in groups for mark in marks)
        person = Recognised(job.user_id, key=before.key, looked_for=looked_for)
        everywhere(job._replace(identity=None), person)
        for name, group, mine in _groups(claims):
            mine.update(
                person.found[mark] for mark in before.fingerprints[name][group] if mark in person.found
            )
    if job.writes:
        _remember(job, before or KnownBy(secrets.token_bytes(BYTES), {}), claims)


def fingerprint(key: bytes, text: str) -> str:
    """A text that may be compared and not read."""
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256").hex()[:DIGITS]


def _remember(job: ErasureJob, before: KnownBy, claims: dict[str, Claims]) -> None:
    """Keep by what the person is known, before what tells it is emptied."""
    marks: dict[str, dict[str, list[str]]] = {name: {} for name in claims}
    for name, group, mine in _groups(claims):
        known = set(before.fingerprints.get(name, {}).get(group, ()))
        marks[name][group] = sorted(known | {fingerprint(before.key, text) for text in mine})
    if any(any(of.values()) for of in marks.values()):
        with transaction(job.engine) as connection:
            erased_persons.write(connection, job.user_id, KnownBy(before.key, marks))


def _groups(claims: dict[str, Claims]) -> Iterator[tuple[str, str, set[str]]]:
    return ((name, group, getattr(each, group)) for name, each in claims.items() for group in GROUPS)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for pair in value.items():
            yield from _texts([*pair])
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
