"""What Alembic runs; `models.migrate` hands it the connection."""

from __future__ import annotations

from alembic import context

from trailkeeper.models.tables import VERSION_TABLE, Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
