"""Backfills: the jobs, the files of imports with the lines that wait, and which import stored an event."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WORD = sa.Text(collation="C")
MOMENT = TIMESTAMP(timezone=True)


def upgrade() -> None:
    # null costs no byte of a row, and adding it rewrites no table
    op.add_column("events", sa.Column("imported_by", sa.Integer))
    _backfills()
    _files()
    _blocks()


def downgrade() -> None:
    raise NotImplementedError("Trailkeeper's schema only goes forward; to go back, restore a backup")


def _backfills() -> None:
    op.create_table(
        "backfills",
        sa.Column("id", sa.Integer, sa.Identity(always=True), nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("state", WORD, nullable=False, server_default="running"),
        sa.Column("filters", JSONB, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("started_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        sa.Column("heartbeat_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("due_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("throttle", sa.Integer),
        sa.Column("estimate", sa.BigInteger),
        sa.Column("cursor", JSONB),
        _number("seen"),
        _number("changed"),
        _number("skipped"),
        _number("rejected"),
        sa.Column("detail", sa.Text),
        sa.PrimaryKeyConstraint("id", name="backfills_pkey"),
    )
    op.create_index(
        "backfills_state_idx", "backfills", ["state"], postgresql_where=sa.text("finished_at IS NULL")
    )


def _files() -> None:
    op.create_table(
        "backfill_files",
        sa.Column("backfill_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        _number("lines"),
        _number("events"),
        sa.Column("complete", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("read_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("backfill_id", name="backfill_files_pkey"),
    )
    op.create_index("backfill_files_digest_idx", "backfill_files", ["digest"])


def _blocks() -> None:
    op.create_table(
        "backfill_blocks",
        sa.Column("backfill_id", sa.Integer, nullable=False),
        sa.Column("last_line", sa.BigInteger, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("backfill_id", "last_line", name="backfill_blocks_pkey"),
    )
    # they live for seconds: packing them takes longer than writing them
    op.execute("ALTER TABLE backfill_blocks ALTER COLUMN content SET STORAGE EXTERNAL")


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
