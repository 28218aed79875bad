"""A set of event types, by tag and alias."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .event_type import EventType


class Catalogue:
    """Event types by tag. Made by `load`; immutable after that."""

    def __init__(self, event_types: Iterable[EventType]) -> None:
        self._by_tag = {kind.tag: kind for kind in event_types}
        aliases = {alias: kind for kind in self._by_tag.values() for alias in kind.aliases}
        self._by_name = aliases | self._by_tag  # a declared tag wins over an alias of the same name

    def get(self, tag: str) -> EventType | None:
        """The event type of a tag or alias; None if no file declares it."""
        return self._by_name.get(tag)

    def closest(self, tag: str) -> str | None:
        """The declared tag that looks most like *tag*, for the error message."""
        import difflib  # noqa: PLC0415 - loaded only for an error message

        return next(iter(difflib.get_close_matches(tag, self._by_name, n=1)), None)

    def __iter__(self) -> Iterator[EventType]:
        return iter(self._by_tag.values())

    def __len__(self) -> int:
        return len(self._by_tag)
