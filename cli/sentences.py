"""How stored events read, by the catalogue."""

from __future__ import annotations

from models.histories import StoredEvent
from producer.catalogue import Catalogue, load, render, sentence_parts
from worker.settings import settings

NAMELESS = {"system": "The system", "staff": "Staff", "service": "A service"}


class Sentences:
    """Reads events aloud. Made once a command, as loading a catalogue takes a while.

    Raises:
        CatalogueError: a catalogue file cannot be used.
    """

    def __init__(self, catalogue: Catalogue | None = None) -> None:
        self._catalogue = catalogue or load(settings().catalogue)

    def of(self, event: StoredEvent) -> str | None:
        """The event's sentence, or None for a tag that no catalogue knows."""
        kind = self._catalogue.get(event.tag)
        if kind is None:
            return None
        subjects = {
            "user": event.user_name or event.user_id,
            "project": event.project_name or event.project_id,
            "organization": event.organization_name or event.organization_id,
        }
        parts = sentence_parts(event.additional, **subjects, actor=_actor(event), ip=event.ip)
        return render(kind.sentence, parts)


def _actor(event: StoredEvent) -> str | None:
    return event.actor_name or event.actor_id or NAMELESS.get(event.actor_kind)
