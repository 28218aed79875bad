"""Secrets in events that others wrote into the stream or a file: `emit` is not the only writer."""

from __future__ import annotations

from functools import cache
from typing import Any

from msgspec.structs import replace

from trailkeeper.producer.catalogue import EventType
from trailkeeper.producer.event import Event
from trailkeeper.producer.secrets import SecretGuard

from .settings import settings

Extras = dict[str, Any] | None


def without_secrets(event: Event, extras: Extras, kind: EventType) -> tuple[Event, Extras]:
    """An event and its unknown keys with a mark in the place of each secret.

    Never refused: a dead letter would keep the secret as it is.
    """
    guard = _guard()
    kept = guard.cleaned(event.additional, kind.payload, kind.tag)
    if extras is not None:
        extras = guard.cleaned(extras, (), kind.tag)
    return (event if kept is event.additional else replace(event, additional=kept)), extras


@cache
def _guard() -> SecretGuard:
    found = settings()
    return SecretGuard(found.secrets, found.secret_words)
