"""Checks of Postgres: version, encoding, schema, partitions, roles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Connection, text

from trailkeeper.cli.services import store
from trailkeeper.cli.status.in_postgres import ahead
from trailkeeper.models.engine import transaction
from trailkeeper.models.partitions import existing, leftovers
from trailkeeper.models.privileges import WRITER
from trailkeeper.models.roles import missing_privileges
from trailkeeper.models.status import (
    RecentLocations,
    ServerFacts,
    recent_locations,
    schema_current,
    server_facts,
)
from trailkeeper.producer.counted import counted

from .finding import Finding, ok, problem, warning

MOST_SHOWN = 3
OLDEST = 140_000  # 14: the first with DETACH PARTITION CONCURRENTLY


def postgres() -> Iterator[Finding]:
    """Check the server and the schema.

    Raises:
        StoreError: it did not answer.
    """
    with store() as engine, transaction(engine) as connection:
        facts = server_facts(connection)
        yield _version(facts)
        yield _encoding(facts)
        yield _writable(facts)
        current = schema_current(connection)
        yield _schema(current=current)
        if current:
            yield _ahead(connection)
            yield _located(recent_locations(connection))
            yield from _unfinished(connection)
            yield from _roles(connection)


def _located(recent: RecentLocations) -> Finding:
    """Whether the workers find locations: by what is stored, as their settings may not be this process's."""
    if recent.addresses == 0:
        return ok("locations", "no public address was stored in the last day")
    addresses = counted(recent.addresses, "public address", "public addresses")
    seen = f"of {addresses} stored last, {counted(recent.located, 'has', 'have')} a location"
    if recent.located:
        return ok("locations", seen)
    advice = "name MaxMind-format files in TRAILKEEPER_GEOIP of the workers; a backfill adds locations later"
    return warning("locations", seen, advice)


def _version(facts: ServerFacts) -> Finding:
    description = (
        f"Postgres {facts.version // 10_000}.{facts.version % 10_000}, {facts.bytes / 1e6:,.0f} MB of data"
    )
    if facts.version < OLDEST:
        return problem("Postgres version", description, "use Postgres 14 or later")
    return ok("Postgres version", description)


def _encoding(facts: ServerFacts) -> Finding:
    if facts.encoding != "UTF8":
        advice = "make a database with ENCODING 'UTF8': others refuse some names"
        return problem("database encoding", facts.encoding, advice)
    return ok("database encoding", facts.encoding)


def _writable(facts: ServerFacts) -> Finding:
    if facts.read_only:
        return problem(
            "database writes", "read-only", "give the primary's address in TRAILKEEPER_DATABASE_URL"
        )
    return ok("database writes", "allowed")


def _schema(*, current: bool) -> Finding:
    if current:
        return ok("schema", "current")
    return problem("schema", "not this version's", "run `trailkeeper migrate`")


def _ahead(connection: Connection) -> Finding:
    counts = ahead(existing(connection), datetime.now(UTC))
    missing = [scope for scope, count in counts.items() if not count]
    description = ", ".join(f"{scope} {count}" for scope, count in counts.items())
    if missing:
        advice = "start beat, or run `trailkeeper migrate`: it makes them too"
        return warning("partitions ahead", description, advice)
    return ok("partitions ahead", description)


def _unfinished(connection: Connection) -> Iterator[Finding]:
    left = [*leftovers(connection), *(part.name for part in existing(connection) if part.detaching)]
    if left:
        description = f"removal was interrupted: {', '.join(left)}"
        yield warning("partitions removed", description, "run `trailkeeper purge`, which completes it")


def _roles(connection: Connection) -> Iterator[Finding]:
    """Whether the roles of least privilege exist and are used."""
    check, missing = "database roles", [privilege.what for privilege in missing_privileges(connection)]
    if missing:
        description = ", ".join(missing[:MOST_SHOWN]) + (", ..." if len(missing) > MOST_SHOWN else "")
        advice = "run `trailkeeper migrate` as a superuser, or as who made the database with CREATEROLE"
        yield warning(check, f"missing: {description}", advice)
    elif connection.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")):
        advice = f"give the worker a login of its own: CREATE ROLE name LOGIN PASSWORD '...' IN ROLE {WRITER}"
        yield warning(check, "TRAILKEEPER_DATABASE_URL logs in as a superuser", advice)
    else:
        yield ok(check, "complete")
