"""An index by which everybody finds what they may see of a project, past all that is hidden from them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # on every partition, in this transaction: nothing is written to `events` until it is done
    op.create_index(
        "events_project_id_tag_id_idx",
        "events",
        ["project_id", sa.text("hashtext(tag)"), "id"],
        postgresql_where=sa.text("project_id IS NOT NULL"),
    )


def downgrade() -> None:
    raise NotImplementedError("Trailkeeper's schema only goes forward; to go back, restore a backup")
