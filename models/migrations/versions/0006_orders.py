"""What admins ask for on pages and over the API; and how many waiting lines of imports an erasure altered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP, UUID

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WORD = sa.Text(collation="C")
MOMENT = TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.add_column("erasures", sa.Column("import_lines", sa.BigInteger, nullable=False, server_default="0"))
    op.create_table(
        "orders",
        sa.Column("id", UUID(as_uuid=True), nullable=False),
        sa.Column("placed_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("begun_at", MOMENT),
        sa.Column("done_at", MOMENT),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("action", WORD, nullable=False),
        sa.Column("given", JSONB, nullable=False),
        sa.Column("outcome", JSONB),
        sa.PrimaryKeyConstraint("id", name="orders_pkey"),
    )
    op.create_index(
        "orders_waiting_idx", "orders", ["placed_at"], postgresql_where=sa.text("done_at IS NULL")
    )


def downgrade() -> None:
    raise NotImplementedError("Trailkeeper's schema only goes forward; to go back, restore a backup")
