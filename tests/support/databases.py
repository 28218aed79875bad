"""Databases that live as long as a test, on a server that is made to be fast and not to last."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from tests.support.guard import MEMORY, memory_folder
from trailkeeper.cli.embedded.postgres import EmbeddedPostgres

ROOM = 4 << 30
"""What has to be free there, in bytes; a server of the tests takes some hundred million."""

_numbers = itertools.count(1)


@contextmanager
def passing_folder() -> Iterator[Path]:
    """A folder in memory where there is room, for what no crash has to survive; else on disk."""
    in_memory = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    if in_memory:
        memory_folder().mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="tk-", dir=memory_folder() if in_memory else None))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def administering(server: EmbeddedPostgres) -> Iterator[Engine]:
    """Connections that make and drop databases; from then on the server waits for no disk."""
    engine = create_engine(server.start(), isolation_level="AUTOCOMMIT")
    for name in ("fsync", "full_page_writes"):
        run(engine, f"ALTER SYSTEM SET {name} = off")
    run(engine, "SELECT pg_reload_conf()")
    yield engine
    engine.dispose()


@contextmanager
def a_database(administrator: Engine, template: str) -> Iterator[str]:
    """The URL of a new database, a copy of another, for the time of the block."""
    name = f"test_{next(_numbers)}"
    # to copy files costs half of what it costs to write every page into the log
    run(administrator, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    yield url_of(administrator, name)
    run(administrator, f"DROP DATABASE {name} WITH (FORCE)")


def raw_engine(url: str) -> Engine:
    """An engine for statements of tests, which name our tables without their schema."""
    return create_engine(make_url(url).update_query_dict({"options": "-c search_path=trailkeeper,public"}))


def run(administrator: Engine, statement: str) -> None:
    """One statement, on the database `postgres`."""
    with administrator.connect() as connection:
        connection.execute(text(statement))


def url_of(administrator: Engine, database: str) -> str:
    """Where another database of the same server is."""
    return administrator.url.set(database=database).render_as_string(hide_password=False)
