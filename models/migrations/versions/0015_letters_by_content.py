"""A dead letter that comes once more is the same one, whatever place of the stream it comes at."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


LOCK = """
    DO $$
    BEGIN
        LOOP
            BEGIN
                PERFORM set_config('lock_timeout', '500ms', true);
                LOCK TABLE dead_letters IN SHARE ROW EXCLUSIVE MODE;
                PERFORM set_config('lock_timeout', '0', true);
                EXIT;
            EXCEPTION WHEN lock_not_available THEN
                PERFORM pg_sleep(0.5);
            END;
        END LOOP;
    END $$
"""
"""In short tries: drains that add a dead letter would wait behind one that waits for a long transaction."""


def upgrade() -> None:
    # workers of before add none meanwhile, or one of theirs could be there twice
    op.execute(LOCK)
    # what made letters different until now still does
    op.execute("""
        UPDATE dead_letters
           SET digest = substr(
                   sha256(convert_to(stream || E'\\n' || stream_id || E'\\n', 'UTF8') || digest), 1, 16
               )
    """)
    op.execute("DROP INDEX IF EXISTS dead_letters_stream_id_key")
    op.execute("CREATE UNIQUE INDEX IF NOT EXISTS dead_letters_digest_key ON dead_letters (digest)")
    op.execute("CREATE INDEX IF NOT EXISTS dead_letters_stream_id_idx ON dead_letters (stream, stream_id)")


def downgrade() -> None:
    raise NotImplementedError("Trailkeeper's schema only goes forward; to go back, restore a backup")
