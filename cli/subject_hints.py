"""What is said where nothing is stored of an id: perhaps it is a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from trailkeeper.models.subjects import Kind

MOST = 3


def named(engine: Engine, kind: str, identity: str) -> tuple[str | None, str | None]:
    """Of an id that no stored event has: the id of whoever has that name, and a sentence that says so.

    Args:
        engine: the database.
        kind: user, project, organization or actor.
        identity: as it was typed.

    Returns:
        None and None for an id that occurs; None and a sentence where there is no such name either.

    Raises:
        StoreError: the database did not answer.
    """
    from trailkeeper.models.engine import transaction  # noqa: PLC0415 - slow to import
    from trailkeeper.models.subjects import ids_named, occurs  # noqa: PLC0415 - as above

    of_kind = cast("Kind", kind)
    with transaction(engine) as connection:
        if occurs(connection, of_kind, identity):
            return None, None
        ids = ids_named(connection, of_kind, identity)
    missing = f"no event names the {kind} {identity!r}"
    if not ids:
        return None, f"{missing}; expected the stable id, which need not be the name"
    others = f", also {', '.join(ids[1:MOST])}" if len(ids) > 1 else ""
    return ids[0], f"{missing}; the {kind} of that name has the id {ids[0]}{others}"
