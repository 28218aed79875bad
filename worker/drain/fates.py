"""The three fates of a message, and who decides them.

done    its row is committed, or was there already: acknowledged and deleted from the stream.
retry   Postgres or Redis is away (`StoreUnavailable`, `StoreMisconfigured`, `StreamUnavailable`),
        or the fuse blew (`FuseBlown`): the whole batch stays pending, without limit, and is taken
        again when the pause is over. Nothing is counted against the message.
reject  it can never be stored: a dead letter with its reason, in the same transaction as the batch's
        rows (`InvalidMessage`), or in one of its own, once it stands alone (`RefusedRow`).

A process that dies leaves its batch pending: the next drain takes it over, and
a message that was left several times is handled alone (`suspects`).
"""

from __future__ import annotations

from trailkeeper.models.errors import StoreMisconfigured, StoreUnavailable
from trailkeeper.producer.errors import StreamUnavailable


class FuseBlown(Exception):  # noqa: N818 - what happened, as in `except FuseBlown`
    """So much is rejected that the fault is more likely ours than the messages'."""


RETRY = (StoreUnavailable, StoreMisconfigured, StreamUnavailable, FuseBlown)
