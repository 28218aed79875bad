"""Which events each transaction stored, so that live tails miss none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP, UUID

from trailkeeper.models.tables.stored_batches import Xid8

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stored_batches",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("transaction_id", Xid8, nullable=False, server_default=sa.text("pg_current_xact_id()")),
        sa.Column("stored_at", TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("scope", sa.Text(collation="C"), nullable=False),
        sa.Column("event_ids", ARRAY(UUID(as_uuid=True)), nullable=False),
        sa.PrimaryKeyConstraint("id", name="stored_batches_pkey"),
    )
    op.create_index("stored_batches_transaction_idx", "stored_batches", ["transaction_id"])


def downgrade() -> None:
    raise NotImplementedError("Trailkeeper's schema only goes forward; to go back, restore a backup")
