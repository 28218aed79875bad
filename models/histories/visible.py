"""Which events of a history a viewer may see, and how they are found without passing those they may not.

What is decided row by row takes time for every row that is hidden, and time tells how many there are. So
where much may be hidden a history is read by what the viewer may see: by the tags that are shown to
everybody in the viewer's place, by the viewer's own events, by those of the viewer's organizations.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, true


@dataclass(frozen=True)
class Visible:
    """What may be seen of one history.

    Attributes:
        condition: on `EventRow`; every event must fulfil it, however it was found.
        tags: events with one of them are found by it; None where nearly all of the history may be seen,
            and it is read as it is.
        person: events that this user did, or that were done to or for them, are found besides.
        organizations: likewise the events of these organizations.
    """

    condition: ColumnElement[bool]
    tags: tuple[str, ...] | None = None
    person: str | None = None
    organizations: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether no event can be seen, so that none need be looked for."""
        return self.tags == () and self.person is None and not self.organizations


EVERYTHING = Visible(true())
