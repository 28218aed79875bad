"""A message is an event of a known type, or it is rejected with a reason."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
from msgspec import UNSET, to_builtins
from msgspec.structs import replace

from trailkeeper.producer.catalogue import Catalogue, EventType
from trailkeeper.producer.errors import InvalidMessage
from trailkeeper.producer.event import Event
from trailkeeper.producer.secrets import SecretGuard
from trailkeeper.producer.wire import decode

from .fates import assert_not_of_machine
from .messages import Accepted, IncomingMessage, Rejected
from .signatures import Signatures

Judged: TypeAlias = Accepted | Rejected
JudgeMessage: TypeAlias = Callable[[IncomingMessage, datetime], Judged]
"""Decides what a message is, given the present; raises only what means *retry*."""

logger = logging.getLogger(__name__)


class _ClaimedEvent(msgspec.Struct, gc=False):
    """Which event a message says it is, whatever else is in it."""

    id: UUID
    tag: str


_claims = msgspec.json.Decoder(_ClaimedEvent)


class Judge:
    """Decides what messages are.

    Args:
        catalogue: the event types.
        guard: takes secrets out of events: `emit` is not the only one who writes messages.
        signatures: checks who signed a message; None to ask for no signature.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        guard: SecretGuard,
        signatures: Signatures | None = None,
    ) -> None:
        self.catalogue = catalogue
        self._guard = guard
        self._signatures = signatures

    def judge(self, message: IncomingMessage, now: datetime) -> Judged:
        """What a message is. Nothing may have occurred later than *now*.

        Raises:
            MachineExhausted: this machine could not tell.
        """
        try:
            if message.excess is not None:
                return Rejected(message, "too_large", message.excess)
            if self._signatures is not None:
                self._signatures.check(message)
            return self._accept(message, now)
        except InvalidMessage as error:
            return Rejected(message, error.reason, error.detail)
        except RecursionError:
            # msgspec reads a little deeper than our own checks of the values can follow
            return Rejected(message, "wrong_shape", "objects or arrays are nested too deeply")
        except Exception as error:
            assert_not_of_machine(error)
            # a fault of ours in reading one message must not stop the stream
            logger.exception("could not judge a message", extra={"stream_id": message.stream_id})
            return Rejected(message, "worker_error", repr(error))

    def key(self, message: IncomingMessage) -> tuple[str, UUID] | None:
        """Scope and id of the event that a message says it is, read with as little as possible of it."""
        if self._signatures is not None and not self._signatures.hold(message):
            return None
        try:
            claims = _claims.decode(message.payload or b"")
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        event_type = self.catalogue.get(claims.tag)
        return None if event_type is None else (event_type.scope, claims.id)

    def _accept(self, message: IncomingMessage, now: datetime) -> Accepted:
        if message.problem is not None:
            raise InvalidMessage("quarantined", message.problem.decode("utf-8", "replace"))
        if message.payload is None:
            raise InvalidMessage("no_event", f"the entry's fields are {sorted(message.fields)[:10]!r}")
        event, extras = decode(message.payload, now=now)
        event_type = self.catalogue.get(event.tag)
        if event_type is None:
            raise InvalidMessage(
                "unknown_tag", f"{event.tag}: add its catalogue to TRAILKEEPER_CATALOGUE of the worker"
            )
        if event_type.by == "trail" and not message.is_imported:
            raise InvalidMessage("forged", f"{event_type.tag} is recorded by workers, where they do it")
        if event.producer and not message.may_number:
            event = replace(event, producer=UNSET, seq=UNSET, voids=UNSET)
        event, extras = self._without_secrets(event, extras, event_type)
        return Accepted(message, event, event_type, extras)

    def _without_secrets(
        self, event: Event, extras: dict[str, Any] | None, event_type: EventType
    ) -> tuple[Event, dict[str, Any] | None]:
        """An event and its unknown keys with a mark in the place of each secret.

        Never refused: a dead letter would keep the secret as it is.
        """
        if extras is not None:
            extras = self._guard.cleaned_facts(extras, tag=event_type.tag)
        event = self._guard.cleaned(event, event_type)
        if event.requested_by:
            extras = {**(extras or {}), "requested_by": to_builtins(event.requested_by)}
        return event, extras


def judge_all(
    messages: Iterable[IncomingMessage], judge: JudgeMessage, now: datetime
) -> tuple[list[Accepted], list[Rejected]]:
    """The accepted and the rejected messages, each in their order."""
    accepted: list[Accepted] = []
    rejected: list[Rejected] = []
    for message in messages:
        verdict = judge(message, now)
        if isinstance(verdict, Accepted):
            accepted.append(verdict)
        else:
            rejected.append(verdict)
    return accepted, rejected
