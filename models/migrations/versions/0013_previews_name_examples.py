"""Previews of backfills name their examples; what was in these would outlive an erasure here."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        UPDATE admin_commands
           SET outcome = jsonb_build_object('preview', (outcome -> 'preview') || '{"sample": [], "bad": []}')
         WHERE outcome -> 'preview' IS NOT NULL
    """)


def downgrade() -> None:
    raise NotImplementedError("Trailkeeper's schema only goes forward; to go back, restore a backup")
