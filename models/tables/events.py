"""The events."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Any
from uuid import UUID

from sqlalchemy import DDL, Index, Integer, Text, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY, INET
from sqlalchemy.event import listen
from sqlalchemy.orm import Mapped, mapped_column

from .base import SCOPES, Base, Moment, RecordedAt, Word


def _history(column: str, condition: str = "") -> Index:
    """An index that a history walks: whose it is, then time. Partial, as most columns are often null."""
    where = text(f"{column} IS NOT NULL{condition}")
    return Index(f"events_{column}_id_idx", column, "id", postgresql_where=where)


class EventRow(Base):
    """One event: facts in typed columns, derivations by reference.

    Partitioned by LIST (scope), then by RANGE (id): ids are UUIDv7, so a range
    of ids is a range of time. `ip` without `location_id` means not enriched yet,
    unless it was scrubbed: `scrubbed_by` names the scrubs (``address/12``) and
    erasures (``erasure/3``) that took something from it, in their order.
    `imported_by` is the backfill that stored it, null for what came from the stream. Which event of
    which process it is (`producer_id`, `sequence`) is null where nobody counted it.
    """

    __tablename__ = "events"
    __table_args__ = (
        _history("user_id"),
        _history("project_id"),
        _history("organization_id"),
        # who did something to itself is found by user_id: most events, and a sixth of their bytes
        _history("actor_id", " AND actor_id IS DISTINCT FROM user_id"),
        _history("on_behalf_of_id"),
        _history("ip"),
        # what everybody may see of a project is read tag by tag, past all that is hidden
        Index(
            "events_project_id_tag_id_idx",
            "project_id",
            text("hashtext(tag)"),
            "id",
            postgresql_where=text("project_id IS NOT NULL"),
        ),
        # entries of one width, which Postgres packs twice as tightly as tags of many
        Index("events_tag_id_idx", text("hashtext(tag)"), "id"),
        {"postgresql_partition_by": "LIST (scope)"},
    )

    # fixed-width columns first: no padding between them
    id: Mapped[UUID] = mapped_column(postgresql.UUID(as_uuid=True), primary_key=True)
    occurred_at: Mapped[Moment]
    recorded_at: Mapped[RecordedAt]
    scrubbed_at: Mapped[Moment | None]
    location_id: Mapped[int | None] = mapped_column(Integer)
    client_id: Mapped[int | None] = mapped_column(Integer)
    scope: Mapped[Word] = mapped_column(Text(collation="C"), primary_key=True)
    tag: Mapped[Word]
    user_id: Mapped[Word | None]
    user_name: Mapped[str | None]
    project_id: Mapped[Word | None]
    project_name: Mapped[str | None]
    organization_id: Mapped[Word | None]
    organization_name: Mapped[str | None]
    actor_kind: Mapped[Word]
    actor_id: Mapped[Word | None]
    actor_name: Mapped[str | None]
    credential_kind: Mapped[Word | None]
    credential_id: Mapped[Word | None]
    credential_label: Mapped[str | None]
    on_behalf_of_id: Mapped[Word | None]
    on_behalf_of_name: Mapped[str | None]
    ip: Mapped[IPv4Address | IPv6Address | None] = mapped_column(INET)
    request_id: Mapped[Word | None]
    additional: Mapped[dict[str, Any] | None]
    extras: Mapped[dict[str, Any] | None]
    scrubbed_by: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    imported_by: Mapped[int | None] = mapped_column(Integer)
    producer_id: Mapped[int | None] = mapped_column(Integer)
    sequence: Mapped[int | None] = mapped_column(Integer)
    network_id: Mapped[int | None] = mapped_column(Integer)


def _split_by_scope() -> None:
    """Beneath `events`, one partition a scope, itself partitioned by ranges of ids."""
    for scope in SCOPES:
        statement = (
            f"CREATE TABLE events_{scope} PARTITION OF events"
            f" FOR VALUES IN ('{scope}') PARTITION BY RANGE (id)"
        )
        listen(EventRow.__table__, "after_create", DDL(statement))  # type: ignore[no-untyped-call]  # as published


_split_by_scope()
