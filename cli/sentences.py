"""How stored events read to an administrator, by the catalogue."""

from __future__ import annotations

from trailkeeper.models.histories import StoredEvent
from trailkeeper.producer.catalogue import Catalogue, load
from trailkeeper.views.masking import masked
from trailkeeper.views.policy import Policy
from trailkeeper.views.viewer import Viewer
from trailkeeper.worker.settings import settings

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
        visible = masked(self._policy, ADMIN, event)
        return None if visible is None else visible["sentence"]
