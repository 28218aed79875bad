"""What an erasure did, to print and to keep."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Kept(msgspec.Struct, frozen=True):
    """A hold because of which data stays."""

    id: int
    about: str
    subject_id: str
    reason: str


class ErasureReceipt(msgspec.Struct, frozen=True):
    """An erasure, done or planned.

    Attributes:
        user_id: whose data. The id stays where it stands, so that counts and other histories stay true.
        erasure_id: its row in `erasures`; None for a plan.
        started_at: when it began; where it was interrupted, the first time.
        finished_at: when all was done; None for a plan.
        events: from how many events something was taken, those of the outbox among them.
        of_others: how many of these do not name the user; of an interrupted erasure, those since then.
        dead_letters: from how many dead letters.
        import_lines: from how many lines of imports that waited to be stored.
        held: how many events, dead letters and lines keep personal data, because of holds.
        holds: which holds.
        looked_for: by which values the person is known in these, masked; in plans only, as receipts are kept.
        unreached: what may still hold the person's data, why, and what to do about it.
    """

    user_id: str
    erasure_id: int | None
    started_at: datetime | None
    finished_at: datetime | None
    events: int
    of_others: int
    dead_letters: int
    import_lines: int
    held: int
    holds: list[Kept]
    looked_for: list[str] = []
    unreached: list[str] = []
