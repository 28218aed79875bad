"""What an enrichment is: one fact of an event in, one derivation out, by data that have a version."""

from __future__ import annotations

from typing import ClassVar, Protocol


class Derivation(Protocol):
    """What an enrichment found: a frozen `msgspec.Struct` whose fields are the columns of its table."""

    @property
    def display(self) -> str | None:
        """One line for people; None where nothing is known."""

    @property
    def source(self) -> str:
        """Which data or software it comes from."""

    @property
    def build(self) -> str:
        """The version of that."""


class Enrichment(Protocol):
    """Adds one derivation to events. For any number of threads; made in the process that uses it.

    To add one: a module of this package, a line in `enrichments`, its table and column in
    `models`, and a line in `models.writing.DERIVATIONS` and `models.histories.derivations.KINDS`.

    Attributes:
        name: what people call it; with ``_id``, its column in `models.writing.DERIVATIONS`.
        fact: the attribute of an event that it reads: ``ip`` or ``user_agent``.
        keeps_fact: whether the fact is part of the table's row, in a column of the same name.
    """

    name: ClassVar[str]
    fact: ClassVar[str]
    keeps_fact: ClassVar[bool]

    def find(self, fact: str) -> Derivation | None:
        """What is derived from a fact; None where its data are missing or broken now. Never raises."""

    def changes(self) -> int:
        """How often its data were replaced so far; as long as it is the same, so is what `find` returns."""

    def is_current(self, source: str, build: str) -> bool:
        """Whether a derivation of this source and build is what its present data would give."""
