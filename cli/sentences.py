"""How stored events read to an administrator, by the catalogue."""

from __future__ import annotations

from models.histories import StoredEvent
from producer.catalogue import Catalogue, load
from views.masking import shown
from views.policy import Policy
from views.viewer import Viewer
from worker.settings import settings

ADMIN = Viewer(staff=True)


class Sentences:
    """Reads events aloud. Made once a command, as loading a catalogue takes a while.

    Raises:
        CatalogueError: a catalogue file cannot be used.
    """

    def __init__(self, catalogue: Catalogue | None = None) -> None:
        self._policy = Policy(catalogue or load(settings().catalogue))

    def of(self, event: StoredEvent) -> str | None:
        """The event's sentence, or None for a tag that no catalogue knows."""
        found = shown(self._policy, ADMIN, event)
        return None if found is None else found["sentence"]
