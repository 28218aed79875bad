"""Metrics by a statsd client that the application has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class StatsdMetrics:
    """Counts with a client that supports tags (``datadog``), or with a plain one (``statsd``).

    With a plain client each outcome has a counter of its own, such as
    ``trailkeeper.events.stream``, and the event's tag is dropped.

    Args:
        client: has ``increment(name, tags=[...])``, or else ``incr(name)``.

    Raises:
        TypeError: it has neither.
    """

    def __init__(self, client: Any) -> None:
        self._tagged: Callable[..., Any] | None = getattr(client, "increment", None)
        self._plain: Callable[..., Any] | None = getattr(client, "incr", None)
        if self._tagged is None and self._plain is None:
            raise TypeError(
                f"a {type(client).__name__} cannot count; expected increment(name, tags=) or incr(name)"
            )

    def increment(self, name: str, tags: list[str]) -> None:
        """Add one. See `Metrics`."""
        if self._tagged is not None:
            self._tagged(name, tags=tags)
        elif self._plain is not None:
            outcomes = [tag.removeprefix("outcome:") for tag in tags if tag.startswith("outcome:")]
            self._plain(".".join([name, *outcomes]))
