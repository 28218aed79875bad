"""What an erasure does not reach, and why, as its receipt says it."""

from __future__ import annotations

from sqlalchemy import Connection, text

from trailkeeper.models.erased_persons import DAYS
from trailkeeper.models.orphans import GRACE_HOURS

AGAIN = f"erase again within {DAYS} days"
ALWAYS = f"""\
spools of other hosts: see that `trailkeeper spool status` shows nothing waiting there, then {AGAIN}
backups, replicas and the write-ahead log of Postgres, and old versions of rows until VACUUM has removed them
headers of tasks that wait in an application's own Celery broker: let these run, then {AGAIN}
logs and exported files
events and dead letters of others that have no more of the person than the name\
""".splitlines()
"""What is never reached."""


def unreached(connection: Connection, user_id: str) -> list[str]:
    """What of this trail is not reached.

    Args:
        connection: to the database.
        user_id: whose data were erased.
    """
    found = [
        what.format(number=f"{number:,}")
        for statement, what in _COUNTED.items()
        if (number := connection.scalar(text(statement), {"user": user_id}))
    ]
    return [*found, *ALWAYS]


_COUNTED = {
    "SELECT count(*) FROM events WHERE actor_id = :user AND actor_id IS DISTINCT FROM user_id"
    " AND actor_kind <> 'user'": "events that staff or a service did whose id is the same: {number}",
    "SELECT count(*) FROM clients WHERE unused_since IS NOT NULL": (
        "user agents that no event uses any more, perhaps of other people: {number};"
        f" `trailkeeper retention collect` removes them, {GRACE_HOURS:g} hours after that was found"
    ),
    "SELECT count(*) FROM holds WHERE about = 'user' AND subject_id = :user": (
        "reasons of holds on this user, kept as they were given: {number}"
    ),
    "SELECT count(*) FROM backfill_files": (
        "files of imports, where they lie; their lines may name anybody: {number}"
    ),
    "SELECT count(*) FROM admin_commands": (
        "reasons that admins typed for commands, removed 30 days after these ended: {number}"
    ),
}
