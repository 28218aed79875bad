"""The events that are measured with: the same ones in every run, for us and for the peers."""

from .events import events, unsent

__all__ = ["events", "unsent"]
