"""`trailkeeper migrate`: the schema, and the partitions of the near future."""

from __future__ import annotations

import click

from trailkeeper.cli.output import say
from trailkeeper.cli.services import database_url
from trailkeeper.cli.urls import without_password
from trailkeeper.worker.settings import settings as worker_settings


@click.command("migrate")
def command() -> None:
    """Bring the database to the schema of this version.

    Runs the steps that are missing and makes the partitions of the coming
    months, and the roles of least privilege. Safe to run again, and from several
    machines at once.
    """
    from trailkeeper.models.migrate import head, upgrade

    url, schema = database_url(), worker_settings().schema
    migration = upgrade(url, schema)
    before = migration.before or "nothing"
    done = f"was current ({head()})" if before == head() else f"migrated from {before} to {head()}"
    moved = f", tables moved here from schema {migration.moved_from}" if migration.moved_from else ""
    say(f"{without_password(url)}, schema {schema}: {done}{moved}")
    for privilege in migration.missing_privileges:
        say(f"missing: {privilege.what}; a superuser can do it: {privilege.statement};")
