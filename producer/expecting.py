"""What a test expects to have been emitted, and what it is told where nothing was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from .event import Event

UNASKED = {"v", "id", "tag", "producer", "seq", "voids"}
"""What a listing leaves out: no test asks for it."""


class Wanted:
    """An event of a tag with some parts; see `Recorder.assert_emitted`.

    Raises:
        TypeError: a part that events do not have.
    """

    def __init__(self, tag: str, parts: Mapping[str, Any]) -> None:
        if unknown := parts.keys() - set(Event.__struct_fields__):
            known = ", ".join(Event.__struct_fields__)
            raise TypeError(f"events have no {', '.join(sorted(unknown))}; they have {known}")
        self._tag = tag
        self._parts = parts

    def is_met_by(self, event: Event) -> bool:
        """Whether this is one."""
        return event.tag == self._tag and all(
            _matches(getattr(event, name), value) for name, value in self._parts.items()
        )

    def missed(self, events: Sequence[Event], problems: Sequence[str]) -> str:
        """That there is none, and what there is instead: events, and the problems of those in quarantine."""
        asked = "".join(f" {name}={value!r}" for name, value in self._parts.items())
        found = [f"  {number}. {_shown(event)}" for number, event in enumerate(events, start=1)]
        found += [f"  quarantined: {problem}" for problem in problems]
        return "\n".join([f"not emitted: {self._tag}{asked}", "what was emitted:", *(found or ["  nothing"])])


def _matches(found: Any, wanted: Any) -> bool:
    if isinstance(found, dict) and isinstance(wanted, Mapping):
        return all(key in found and found[key] == value for key, value in wanted.items())
    if isinstance(wanted, str) and isinstance(found, msgspec.Struct):
        return bool(getattr(found, "id", None) == wanted)
    return bool(found == wanted)


def _shown(event: Event) -> str:
    """The tag and what is not as always, as it would be asked for."""
    parts = {name: getattr(event, name) for name in Event.__struct_fields__ if name not in UNASKED}
    return event.tag + "".join(f" {name}={value!r}" for name, value in parts.items() if value)
