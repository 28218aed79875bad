"""Places in a history as people type them: the id of an event, or its scope, a slash and its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from trailkeeper.models.histories import EventKey


class EventKeyParam(click.ParamType["EventKey"]):
    """An event before which a page begins."""

    name = "event"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> EventKey:
        """Read it.

        Raises:
            click.BadParameter: it is no event's key.
        """
        from trailkeeper.models.histories.event_key import BEFORE_ALL, EventKey  # noqa: PLC0415 - slow to import

        try:
            return value if isinstance(value, EventKey) else EventKey.parse(value, BEFORE_ALL)
        except ValueError:
            self.fail(f"{value!r} is not an event; expected an id, or such as user/ID", param, ctx)
