"""Completeness by counting: who numbered an event, what became of which numbers, and which are missing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import INT4MULTIRANGE, TIMESTAMP

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WORD = sa.Text(collation="C")
MOMENT = TIMESTAMP(timezone=True)


def upgrade() -> None:
    # null costs no byte of a row, and adding them rewrites no table
    op.add_column("events", sa.Column("producer_id", sa.Integer))
    op.add_column("events", sa.Column("sequence", sa.Integer))
    op.add_column("dead_letters", sa.Column("signature", sa.LargeBinary))
    _producers()
    _tallies()
    _coverage()
    _gaps()


def downgrade() -> None:
    raise NotImplementedError("Trailkeeper's schema only goes forward; to go back, restore a backup")


def _producers() -> None:
    op.create_table(
        "producers",
        sa.Column("id", sa.Integer, sa.Identity(always=True), nullable=False),
        sa.Column("name", WORD, nullable=False),
        sa.Column("first_seen_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name="producers_pkey"),
    )
    op.create_index("producers_name_key", "producers", ["name"], unique=True)


def _tallies() -> None:
    op.create_table(
        "tallies",
        _key(),
        sa.Column("hour", MOMENT, nullable=False),
        sa.Column("producer_id", sa.Integer, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("merged", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("scope", WORD, nullable=False),
        sa.Column("fate", WORD, nullable=False),
        sa.Column("sequences", INT4MULTIRANGE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="tallies_pkey"),
    )
    op.create_index(
        "tallies_merged_key",
        "tallies",
        ["producer_id", "hour", "scope", "fate"],
        unique=True,
        postgresql_where=sa.text("merged"),
    )
    op.create_index("tallies_unmerged_idx", "tallies", ["id"], postgresql_where=sa.text("NOT merged"))
    op.create_index("tallies_hour_idx", "tallies", ["hour", "scope"])


def _coverage() -> None:
    op.create_table(
        "coverage",
        sa.Column("producer_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("highest", sa.Integer, nullable=False, server_default="0"),
        sa.Column("sequences", INT4MULTIRANGE, nullable=False),
        sa.PrimaryKeyConstraint("producer_id", name="coverage_pkey"),
    )
    op.create_index(
        "coverage_broken_idx",
        "coverage",
        ["producer_id"],
        postgresql_where=sa.text(
            "sequences <> int4multirange(int4range(1, GREATEST(upper(sequences), highest + 1)))"
        ),
    )


def _gaps() -> None:
    op.create_table(
        "gaps",
        _key(),
        sa.Column("producer_id", sa.Integer, nullable=False),
        sa.Column("noticed_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("told_at", MOMENT),
        sa.Column("closed_at", MOMENT),
        sa.Column("sequences", INT4MULTIRANGE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="gaps_pkey"),
    )
    op.create_index("gaps_open_idx", "gaps", ["producer_id"], postgresql_where=sa.text("closed_at IS NULL"))


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False)
