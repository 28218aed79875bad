"""Backfills and dead letters as admins read them, by the API and on pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeVar

from fastapi import Request
from sqlalchemy import Connection

from trailkeeper.models.backfills import StoredBackfill, find, newest
from trailkeeper.models.backfills.dead_letters import DeadLetter, kept_of, stream_of
from trailkeeper.models.engine import transaction
from trailkeeper.models.status import StoredDeadLetter, dead_letter, dead_letter_counts, dead_letters

from .access_events import record_look
from .app_state import app_state_of
from .errors import NotFound
from .viewer import Viewer

VIEW = "admin:dead_letters:view"


class _Numbered(Protocol):
    @property
    def id(self) -> int: ...


RowT = TypeVar("RowT", bound=_Numbered)


class BackfillPage(NamedTuple):
    """Backfills, newest first; *older* is the number before which the next page begins."""

    backfills: Sequence[StoredBackfill]
    older: int | None


class DeadLetterPage(NamedTuple):
    """Dead letters, newest first, and how many of all there are of each reason."""

    counts: dict[str, int]
    dead_letters: Sequence[StoredDeadLetter]
    older: int | None


def read_backfills(connection: Connection, *, limit: int, before: int | None) -> BackfillPage:
    """The newest backfills, or those older than one."""
    return BackfillPage(*_cut(newest(connection, limit=limit + 1, before=before), limit))


def read_backfill(connection: Connection, identity: int) -> StoredBackfill:
    """One backfill.

    Raises:
        NotFound: there is none with this number.
    """
    backfill = find(connection, identity)
    if backfill is None:
        raise NotFound(f"there is no backfill {identity}")
    return backfill


def rejected_lines(
    connection: Connection, backfill: StoredBackfill, *, sample: int
) -> tuple[dict[str, int], list[DeadLetter]] | None:
    """Of an import, how many lines were rejected, by reason, and the first of them; None if none were."""
    if backfill.digest is None or not backfill.rejected:
        return None
    return kept_of(connection, stream_of(backfill.digest), sample)


def read_dead_letters(
    request: Request,
    viewer: Viewer,
    *,
    limit: int,
    before: int | None,
    reason: str | None,
    stream: str | None,
) -> DeadLetterPage:
    """The newest dead letters, or those older than one; of one reason, of one stream or import.

    Raises:
        StoreError: the database does not answer.
    """
    chosen = {"reason": reason, "stream": stream, "before": before}
    filters = {name: value for name, value in chosen.items() if value is not None}
    record_look(viewer, VIEW, request, filters=filters)
    with transaction(app_state_of(request).engine) as connection:
        rows = dead_letters(connection, limit=limit + 1, reason=reason, before=before, stream=stream)
        return DeadLetterPage(dead_letter_counts(connection), *_cut(rows, limit))


def read_dead_letter(request: Request, viewer: Viewer, identity: int) -> StoredDeadLetter:
    """One dead letter, with its message.

    Raises:
        NotFound: there is none with this number.
        StoreError: the database does not answer.
    """
    record_look(viewer, VIEW, request, id=str(identity))
    with transaction(app_state_of(request).engine) as connection:
        row = dead_letter(connection, identity)
    if row is None:
        raise NotFound(f"there is no dead letter {identity}")
    return row


def read_chosen(
    request: Request, viewer: Viewer, ids: Sequence[int]
) -> tuple[dict[str, int], list[StoredDeadLetter | None]]:
    """How many dead letters there are of each reason, and those with these numbers, None where there is none.

    Raises:
        StoreError: the database does not answer.
    """
    if ids:
        record_look(viewer, VIEW, request, filters={"ids": ids})
    with transaction(app_state_of(request).engine) as connection:
        return dead_letter_counts(connection), [dead_letter(connection, identity) for identity in ids]


def row_number(text: str, largest: int) -> int:
    """The number of a row as it stands in a page's address.

    Raises:
        NotFound: it is not a number, so there is no such row.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(largest))) or int(text) > largest:
        raise NotFound(f"{text[:40]!r} is not a number")
    return int(text)


def _cut(rows: Sequence[RowT], limit: int) -> tuple[Sequence[RowT], int | None]:
    """At most *limit* of one row more, and the last one's number if there are more."""
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None
