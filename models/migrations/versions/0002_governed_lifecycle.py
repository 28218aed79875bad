"""What governs the life of stored events: holds, scrubs, erasures, and what purges left because of holds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WORD = sa.Text(collation="C")
MOMENT = TIMESTAMP(timezone=True)


def upgrade() -> None:
    _columns()
    _holds()
    _scrubs()
    _scrub_marks()
    _erasures()


def downgrade() -> None:
    raise NotImplementedError("Trailkeeper's schema only goes forward; to go back, restore a backup")


def _columns() -> None:
    # none of them rewrites a table
    op.add_column("events", sa.Column("scrubbed_by", ARRAY(sa.Text)))
    op.add_column("locations", sa.Column("unused_since", MOMENT))
    op.add_column("clients", sa.Column("unused_since", MOMENT))
    # the default stays, for workers of the version before that go on running
    op.alter_column("purges", "finished_at", nullable=True)
    op.add_column("purges", _number("held"))
    op.add_column("purges", _hold_ids())


def _holds() -> None:
    op.create_table(
        "holds",
        _key(),
        sa.Column("added_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("until", MOMENT),
        sa.Column("released_at", MOMENT),
        sa.Column("about", WORD, nullable=False),
        sa.Column("subject_id", WORD, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("added_by", sa.Text),
        sa.Column("released_by", sa.Text),
        sa.Column("release_reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="holds_pkey"),
        sa.CheckConstraint("about IN ('user', 'project', 'organization')", name=op.f("holds_about_check")),
    )
    op.create_index(
        "holds_about_subject_id_idx",
        "holds",
        ["about", "subject_id"],
        postgresql_where=sa.text("released_at IS NULL"),
    )


def _scrubs() -> None:
    op.create_table(
        "scrubs",
        _key(),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("step", WORD, nullable=False),
        sa.Column("days", sa.Integer, nullable=False),
        sa.Column("before", MOMENT, nullable=False),
        _number("events"),
        _number("held"),
        _hold_ids(),
        sa.PrimaryKeyConstraint("id", name="scrubs_pkey"),
    )


def _scrub_marks() -> None:
    op.create_table(
        "scrub_marks",
        sa.Column("partition", WORD, nullable=False),
        sa.Column("step", WORD, nullable=False),
        sa.Column("relation", sa.BigInteger, nullable=False),
        sa.Column("inserted", sa.BigInteger, nullable=False),
        sa.Column("policy", WORD, nullable=False),
        sa.PrimaryKeyConstraint("partition", "step", name="scrub_marks_pkey"),
    )


def _erasures() -> None:
    op.create_table(
        "erasures",
        _key(),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.Column("user_id", WORD, nullable=False),
        sa.Column("asked_by", sa.Text),
        _number("events"),
        _number("dead_letters"),
        _number("held"),
        _hold_ids(),
        sa.Column("receipt", JSONB),
        sa.PrimaryKeyConstraint("id", name="erasures_pkey"),
    )


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")


def _hold_ids() -> sa.Column[list[int]]:
    return sa.Column("holds", ARRAY(sa.BigInteger), nullable=False, server_default="{}")
