"""The first tables: events with one partition a scope, dictionaries, dead letters, purges."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import INET, JSONB, TIMESTAMP, UUID

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

WORD = sa.Text(collation="C")
MOMENT = TIMESTAMP(timezone=True)


def upgrade() -> None:
    _events()
    _events_indexes()
    _scopes()
    _locations()
    _clients()
    _dead_letters()
    _purges()


def downgrade() -> None:
    raise NotImplementedError("Trailkeeper's schema only goes forward; to go back, restore a backup")


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", UUID(as_uuid=True), nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        _recorded_at(),
        sa.Column("scrubbed_at", MOMENT),
        sa.Column("location_id", sa.Integer),
        sa.Column("client_id", sa.Integer),
        sa.Column("scope", WORD, nullable=False),
        sa.Column("tag", WORD, nullable=False),
        sa.Column("user_id", WORD),
        sa.Column("user_name", sa.Text),
        sa.Column("project_id", WORD),
        sa.Column("project_name", sa.Text),
        sa.Column("organization_id", WORD),
        sa.Column("organization_name", sa.Text),
        sa.Column("actor_kind", WORD, nullable=False),
        sa.Column("actor_id", WORD),
        sa.Column("actor_name", sa.Text),
        sa.Column("credential_kind", WORD),
        sa.Column("credential_id", WORD),
        sa.Column("credential_label", sa.Text),
        sa.Column("on_behalf_of_id", WORD),
        sa.Column("on_behalf_of_name", sa.Text),
        sa.Column("ip", INET),
        sa.Column("request_id", WORD),
        sa.Column("additional", JSONB),
        sa.Column("extras", JSONB),
        sa.PrimaryKeyConstraint("id", "scope", name="events_pkey"),
        postgresql_partition_by="LIST (scope)",
    )


def _events_indexes() -> None:
    # the same order as the models', on which the names of the partitions' indexes depend
    for column in ("user_id", "project_id", "organization_id"):
        _partial_index(column)
    _partial_index("actor_id", " AND actor_id IS DISTINCT FROM user_id")
    for column in ("on_behalf_of_id", "ip"):
        _partial_index(column)
    op.create_index("events_tag_id_idx", "events", [sa.text("hashtext(tag)"), "id"])


def _partial_index(column: str, condition: str = "") -> None:
    where = sa.text(f"{column} IS NOT NULL{condition}")
    op.create_index(f"events_{column}_id_idx", "events", [column, "id"], postgresql_where=where)


def _scopes() -> None:
    for scope in ("user", "project", "organization", "system"):
        op.execute(
            f"CREATE TABLE events_{scope} PARTITION OF events"
            f" FOR VALUES IN ('{scope}') PARTITION BY RANGE (id)"
        )


def _locations() -> None:
    op.create_table(
        "locations",
        _small_key(),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("display", sa.Text),
        sa.Column("reason", WORD),
        sa.Column("city", sa.Text),
        sa.Column("region", sa.Text),
        sa.Column("country", sa.Text),
        sa.Column("country_code", WORD),
        sa.Column("latitude", sa.Float),
        sa.Column("longitude", sa.Float),
        sa.Column("asn", sa.BigInteger),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("build", WORD, nullable=False),
        _recorded_at(),
        sa.PrimaryKeyConstraint("id", name="locations_pkey"),
    )
    op.create_index("locations_digest_key", "locations", ["digest"], unique=True)


def _clients() -> None:
    op.create_table(
        "clients",
        _small_key(),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("user_agent", sa.Text, nullable=False),
        sa.Column("display", sa.Text, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("version", sa.Text),
        sa.Column("os", sa.Text),
        sa.Column("device", sa.Text),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("build", WORD, nullable=False),
        _recorded_at(),
        sa.PrimaryKeyConstraint("id", name="clients_pkey"),
    )
    op.create_index("clients_digest_key", "clients", ["digest"], unique=True)


def _dead_letters() -> None:
    op.create_table(
        "dead_letters",
        _big_key(),
        _recorded_at(),
        sa.Column("stream", WORD, nullable=False),
        sa.Column("stream_id", WORD, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("reason", WORD, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("deliveries", sa.Integer, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="dead_letters_pkey"),
    )
    op.create_index(
        "dead_letters_stream_id_key", "dead_letters", ["stream", "stream_id", "digest"], unique=True
    )
    op.create_index("dead_letters_reason_id_idx", "dead_letters", ["reason", "id"])


def _purges() -> None:
    op.create_table(
        "purges",
        _big_key(),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("scope", WORD, nullable=False),
        sa.Column("tag", WORD),
        sa.Column("retention_days", sa.Integer, nullable=False),
        sa.Column("before", MOMENT, nullable=False),
        sa.Column("partitions", sa.Integer, nullable=False),
        sa.Column("events", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="purges_pkey"),
    )


def _recorded_at() -> sa.Column[object]:
    return sa.Column("recorded_at", MOMENT, nullable=False, server_default=sa.func.now())


def _small_key() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, sa.Identity(always=True), nullable=False)


def _big_key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False)
