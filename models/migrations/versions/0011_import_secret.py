"""A secret for the ids of imported lines; it is filled in by every migration that finds none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_secret",
        sa.Column("is_only", sa.Boolean, nullable=False, server_default=sa.text("true")),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("recorded_at", TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("is_only", name="import_secret_pkey"),
        sa.CheckConstraint("is_only", name="is_only"),
    )


def downgrade() -> None:
    raise NotImplementedError("Trailkeeper's schema only goes forward; to go back, restore a backup")
