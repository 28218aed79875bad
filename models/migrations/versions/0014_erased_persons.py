"""By what an erased person was known, so that what an erasure left is found by the next one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erased_persons",
        sa.Column("user_id", sa.Text(collation="C"), nullable=False),
        sa.Column("recorded_at", TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("fingerprints", JSONB, nullable=False),
        sa.Column("holds", ARRAY(sa.BigInteger), nullable=False, server_default="{}"),
        sa.PrimaryKeyConstraint("user_id", name="erased_persons_pkey"),
    )


def downgrade() -> None:
    raise NotImplementedError("Trailkeeper's schema only goes forward; to go back, restore a backup")
