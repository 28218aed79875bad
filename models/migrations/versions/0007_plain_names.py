"""The field's words in names of tables and columns; and a dictionary of networks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

WORD = sa.Text(collation="C")
MOMENT = TIMESTAMP(timezone=True)

TABLES = {"tallies": "event_counts", "orders": "admin_commands"}
INDEXES = {
    "tallies": ("tallies_pkey", "tallies_merged_key", "tallies_unmerged_idx", "tallies_hour_idx"),
    "orders": ("orders_pkey", "orders_waiting_idx"),
}
COLUMNS = (
    ("orders", "placed_at", "requested_at"),
    ("orders", "begun_at", "started_at"),
    ("orders", "done_at", "finished_at"),
    ("orders", "asked_by", "requested_by"),
    ("orders", "given", "arguments"),
    ("backfills", "asked_by", "requested_by"),
    ("erasures", "asked_by", "requested_by"),
    ("gaps", "told_at", "reported_at"),
    ("outbox", "made_at", "created_at"),
)

# from Postgres 18 on they have names, which a dump shows where they are not the usual ones
NOT_NULLS = """
    DO $$
    DECLARE named record;
    BEGIN
        FOR named IN
            SELECT conrelid, conname, relname || '_' || attname || '_not_null' AS usual
              FROM pg_constraint
              JOIN pg_class ON pg_class.oid = conrelid
              JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
             WHERE contype = 'n' AND conname <> relname || '_' || attname || '_not_null'
               AND relnamespace = CAST(current_schema() AS regnamespace)
               AND relname IN ('event_counts', 'admin_commands', 'backfills', 'erasures', 'gaps', 'outbox')
        LOOP
            EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I',
                           CAST(named.conrelid AS regclass), named.conname, named.usual);
        END LOOP;
    END $$
"""


def upgrade() -> None:
    for table, old, new in COLUMNS:
        op.alter_column(table, old, new_column_name=new)
    for old, new in TABLES.items():
        op.rename_table(old, new)
        for index in INDEXES[old]:
            op.execute(f"ALTER INDEX {index} RENAME TO {index.replace(old, new)}")
    op.execute("ALTER SEQUENCE tallies_id_seq RENAME TO event_counts_id_seq")
    op.execute(NOT_NULLS)
    op.execute("UPDATE event_counts SET fate = 'unused' WHERE fate = 'void'")
    _networks()


def downgrade() -> None:
    raise NotImplementedError("Trailkeeper's schema only goes forward; to go back, restore a backup")


def _networks() -> None:
    op.create_table(
        "networks",
        sa.Column("id", sa.Integer, sa.Identity(always=True), nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("display", sa.Text),
        sa.Column("asn", sa.BigInteger),
        sa.Column("operator", sa.Text),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("build", WORD, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("unused_since", MOMENT),
        sa.PrimaryKeyConstraint("id", name="networks_pkey"),
    )
    op.create_index("networks_digest_key", "networks", ["digest"], unique=True)
    # null costs no byte of a row, and adding it rewrites no table. `locations.asn` stays where it is, and is
    # read where an event has no network: to carry it over would rewrite every event in this transaction
    op.add_column("events", sa.Column("network_id", sa.Integer))
