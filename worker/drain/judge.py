"""A message is an event of a known type, or it is rejected with a reason."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from trailkeeper.producer.catalogue import Catalogue
from trailkeeper.producer.errors import InvalidMessage
from trailkeeper.producer.wire import decode
from trailkeeper.worker.secrets import without_secrets

from .messages import Accepted, Message, Rejected
from .signatures import Signatures

logger = logging.getLogger(__name__)


def judge_all(
    messages: Iterable[Message], catalogue: Catalogue, now: datetime, signatures: Signatures | None = None
) -> tuple[list[Accepted], list[Rejected]]:
    """Each message on one of two lists; order is kept and nothing is raised.

    Args:
        messages: what came.
        catalogue: the event types.
        now: nothing may have occurred later.
        signatures: whether somebody vouches for them; None to ask for nothing.
    """
    accepted: list[Accepted] = []
    rejected: list[Rejected] = []
    for message in messages:
        verdict = judge(message, catalogue, now, signatures)
        if isinstance(verdict, Accepted):
            accepted.append(verdict)
        else:
            rejected.append(verdict)
    return accepted, rejected


def judge(
    message: Message, catalogue: Catalogue, now: datetime, signatures: Signatures | None = None
) -> Accepted | Rejected:
    """What a message is; never raises."""
    try:
        if signatures is not None:
            signatures.check(message)
        return _accept(message, catalogue, now)
    except InvalidMessage as error:
        return Rejected(message, error.reason, error.detail)
    except RecursionError:
        # msgspec reads a little deeper than our own looks at the values can follow
        return Rejected(message, "wrong_shape", "objects or arrays are nested too deeply")
    except Exception as error:
        # a fault of ours in reading one message must not stop the stream
        logger.exception("could not judge a message", extra={"stream_id": message.stream_id})
        return Rejected(message, "worker_error", repr(error)[:1000])


def _accept(message: Message, catalogue: Catalogue, now: datetime) -> Accepted:
    if message.problem is not None:
        raise InvalidMessage("quarantined", message.problem.decode("utf-8", "replace")[:4000])
    if message.payload is None:
        raise InvalidMessage("no_event", f"the entry's fields are {sorted(message.fields)[:10]!r}")
    event, extras = decode(message.payload, now=now)
    event_type = catalogue.get(event.tag)
    if event_type is None:
        raise InvalidMessage(
            "unknown_tag", f"{event.tag}: add its catalogue to TRAILKEEPER_CATALOGUE of the worker"
        )
    event, extras = without_secrets(event, extras, event_type)
    return Accepted(message, event, event_type, extras)
