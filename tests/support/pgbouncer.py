"""Debian's PgBouncer in transaction mode in front of the tests' Postgres; it takes no startup option."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from sqlalchemy.engine import make_url

from tests.support.waiting import until
from trailkeeper.cli.embedded import system_user

PGBOUNCER = Path("/usr/sbin/pgbouncer")
POOL = 8  # server connections of one user on one database
CONFIGURATION = """
[databases]
* = host={host}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
logfile = {folder}/log
pool_mode = transaction
default_pool_size = {pool}
ignore_startup_parameters =
"""
STATE = """
    SELECT current_setting('search_path') AS search_path, current_setting('statement_timeout') AS statement,
           current_setting('lock_timeout') AS lock, current_setting('timezone') AS timezone,
           current_setting('default_transaction_read_only') AS read_only,
           (SELECT count(*) FROM pg_prepared_statements) AS prepared,
           (SELECT count(*) FROM pg_class WHERE relpersistence = 't') AS temporary,
           (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory') AS locks
"""


@contextmanager
def pooling(url: str, folder: Path, users: tuple[str, ...]) -> Iterator[str]:
    """The URL of a server through a PgBouncer; skips the test, or fails it in CI, where there is none."""
    if not PGBOUNCER.exists():
        missing = f"no {PGBOUNCER}; on Debian: apt-get install pgbouncer"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder.mkdir()
    (folder / "users").write_text("".join(f'"{user}" ""\n' for user in users))
    values = {"host": make_url(url).query["host"], "port": port, "folder": folder, "pool": POOL}
    (folder / "ini").write_text(CONFIGURATION.format(**values))
    system_user.give(folder)
    for file in folder.iterdir():
        file.chmod(0o644)
    options = system_user.child_options()
    process = subprocess.Popen([PGBOUNCER, "-q", folder / "ini"], **options)
    try:
        until(lambda: _answers(port), what="PgBouncer answers")
        pooled = make_url(url).set(host="127.0.0.1", port=port).difference_update_query(["host"])
        yield pooled.render_as_string(hide_password=False)
    finally:
        process.terminate()
        process.wait(10)


def states(url: str) -> list[dict[str, Any]]:
    """What is set in each session of a pool, as somebody sees it to whom PgBouncer gives it next."""
    dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    clients = [psycopg2.connect(dsn) for _ in range(POOL)]
    found = []
    for client in clients:
        # none commits before the end, so each has a session of its own
        cursor = client.cursor()
        cursor.execute(STATE)
        assert cursor.description is not None
        names = [column.name for column in cursor.description]
        found.append(dict(zip(names, cursor.fetchone() or (), strict=True)))
    for client in clients:
        client.close()
    return found


def _answers(port: int) -> bool:
    with closing(socket.socket()) as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0
