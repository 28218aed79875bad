"""What a test expects to have been emitted, and the message if it was not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .errors import InvalidEvent
from .event import Actor, Event, Subject
from .validation.arguments import subject_of

NOT_LISTED = {"v", "id", "tag", "producer", "seq", "voids"}
"""Fields that no test asserts."""


class ExpectedEvent:
    """A tag and some fields of an event; see `Recorder.assert_emitted`.

    Raises:
        TypeError: a field that events do not have.
    """

    def __init__(self, tag: str, parts: Mapping[str, Any]) -> None:
        if unknown := parts.keys() - set(Event.__struct_fields__):
            known = ", ".join(Event.__struct_fields__)
            raise TypeError(f"events have no {', '.join(sorted(unknown))}; they have {known}")
        self._tag = tag
        self._parts = parts

    def matches(self, event: Event) -> bool:
        """Whether this event is as expected."""
        return event.tag == self._tag and all(
            _matches(getattr(event, name), value) for name, value in self._parts.items()
        )

    def failure(self, events: Sequence[Event], problems: Sequence[str]) -> str:
        """The assertion's message: what was expected, and what there is, in quarantine too."""
        expected = "".join(f" {name}={value!r}" for name, value in self._parts.items())
        lines = [f"  {number}. {_listed(event)}" for number, event in enumerate(events, start=1)]
        lines += [f"  quarantined: {problem}" for problem in problems]
        return "\n".join(
            [f"not emitted: {self._tag}{expected}", "what was emitted:", *(lines or ["  nothing"])]
        )


def _matches(actual: Any, expected: Any) -> bool:
    if isinstance(actual, dict) and isinstance(expected, Mapping):
        return all(key in actual and actual[key] == value for key, value in expected.items())
    if isinstance(actual, (Subject, Actor)) and not isinstance(expected, (Subject, Actor)):
        named = _subject(expected)
        return named is not None and named.id == actual.id and named.name in {None, actual.name}
    return bool(actual == expected)


def _subject(expected: Any) -> Subject | None:
    """What `emit` would have made of it, as tests pass what the application passed."""
    try:
        return subject_of("subject", expected)
    except InvalidEvent:
        return None


def _listed(event: Event) -> str:
    """The tag and the fields that are set, as `assert_emitted` would take them."""
    parts = {name: getattr(event, name) for name in Event.__struct_fields__ if name not in NOT_LISTED}
    return event.tag + "".join(f" {name}={value!r}" for name, value in parts.items() if value)
