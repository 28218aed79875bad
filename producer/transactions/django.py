"""Events that are sent once Django's transaction is committed, on whatever database."""

from __future__ import annotations

from importlib import import_module
from typing import Unpack

from trailkeeper.producer.facts import Given
from trailkeeper.producer.receipt import Receipt

from .later import Later


def emit_on_commit(tag: str, *, using: str | None = None, **given: Unpack[Given]) -> Receipt:
    """Record that something happened, if and once Django's outermost `atomic` block is committed.

    Checked now, with facts, time, id and context of now; sent by `transaction.on_commit`, which
    drops it with a savepoint that is rolled back, and sends at once where no block is open.
    What it does not promise is said at `producer.emit_on_commit`.

    Args:
        tag: as for `producer.emit`.
        using: the alias of the database whose transaction it is; without it, the default one.
        **given: as for `producer.emit`.

    Returns:
        The event's id; its outcome is ``on_commit``.

    Raises:
        InvalidEvent: the call is wrong; never with ``TRAILKEEPER_ON_INVALID=quarantine``.
    """
    later = Later.of(tag, given)
    # an application that has no Django must be able to import the package around this module
    import_module("django.db.transaction").on_commit(later.send, using=using)
    return Receipt(later.message.id, "on_commit")
