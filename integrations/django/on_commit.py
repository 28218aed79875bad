"""Events sent after Django's transaction is committed, on any database."""

from __future__ import annotations

from typing import Never, Unpack

from django.db import transaction

from trailkeeper.producer.facts import EventFacts
from trailkeeper.producer.on_commit.deferred import DeferredMessage
from trailkeeper.producer.receipt import Receipt
from trailkeeper.producer.validation.text import unreadable


def emit_on_commit(
    tag: str, *unnamed: Never, using: str | None = None, **facts: Unpack[EventFacts]
) -> Receipt:
    """Record that something happened, if and once Django's outermost `atomic` block is committed.

    The call is checked now, and the event's facts, time, id and context are those of now. It is
    sent by `transaction.on_commit`, which drops it when its savepoint rolls back, and sends it at
    once outside of `atomic`. `trailkeeper.emit_on_commit` says what it does not promise.

    Args:
        tag: as for `trailkeeper.emit`.
        *unnamed: nothing, as for `trailkeeper.emit`.
        using: alias of the database whose transaction it is; the default database if not given.
        **facts: as for `trailkeeper.emit`, except *connection*.

    Returns:
        The event's id; its outcome is ``on_commit``.

    Raises:
        InvalidEvent: the call is wrong, and ``TRAILKEEPER_ON_INVALID=raise``.
    """
    deferred = DeferredMessage.of(tag, unnamed, facts)
    try:
        transaction.on_commit(deferred.send, using=using)
    except Exception as error:  # noqa: BLE001 - Django's, of an unknown alias or a transaction it does not manage
        return deferred.misdirected(
            unreadable("using", error, "a database in autocommit, or within atomic()")
        )
    return deferred.receipt
