"""The address of each page. Ids can contain any character, so they are quoted completely."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, urlencode

from trailkeeper.models.histories import EventKey

Query = Iterable[tuple[str, str]]


class Addresses:
    """Addresses below where the service is mounted.

    Args:
        root: the path of the application, such as ``/trail``; empty where it stands alone.
    """

    def __init__(self, root: str = "") -> None:
        self.root = root.rstrip("/")

    def to(self, path: str, query: Query = ()) -> str:
        """A page by its path, ``/log``, with a query."""
        text = urlencode(list(query))
        return f"{self.root}{path}{'?' + text if text else ''}"

    def history(self, about: str, identity: str | None, query: Query = ()) -> str:
        """The history of a user, project or organization, or of all."""
        return self.to(history_path(about, identity), query)

    def event(self, key: EventKey) -> str:
        """One event."""
        return self.to(f"/events/{key}")

    def static(self, version: str, name: str) -> str:
        """A style sheet, script or picture."""
        return self.to(f"/static/{version}/{name}")


def history_path(about: str, identity: str | None) -> str:
    """The path of a history: ``/projects/p1``, ``/log``."""
    return "/log" if identity is None else f"/{about}s/{quote(identity, safe='')}"
