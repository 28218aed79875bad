"""Real servers for every layer that asks for one, started once a session from wheels."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.redis import EmbeddedRedis
from models.engine import make_engine
from models.migrate import upgrade

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def services_folder() -> Iterator[Path]:
    """A short path that a Unix socket fits into, and that Postgres' own user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="tk-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(services_folder: Path) -> Iterator[EmbeddedPostgres]:
    """A Postgres server; tests that restart it make their own."""
    server = EmbeddedPostgres(services_folder / "pg")
    server.start()
    yield server
    server.stop("immediate")


@pytest.fixture(scope="session")
def template_database(postgres: EmbeddedPostgres) -> str:
    """A database with our schema, from which each test's own is copied."""
    _administer(postgres, "CREATE DATABASE trailkeeper_template")
    upgrade(_url_of(postgres, "trailkeeper_template"))
    return "trailkeeper_template"


@pytest.fixture
def empty_database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database of this test's own, without our schema."""
    name = f"empty_{os.getpid()}_{next(_numbers)}"
    _administer(postgres, f"CREATE DATABASE {name}")
    yield _url_of(postgres, name)
    _administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(postgres: EmbeddedPostgres, template_database: str) -> Iterator[str]:
    """A database of this test's own, with our schema and the partitions of today and soon."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    _administer(postgres, f"CREATE DATABASE {name} TEMPLATE {template_database}")
    yield _url_of(postgres, name)
    _administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Connections to a database of this test's own, with our schema."""
    found = make_engine(database_url, application_name="test")
    yield found
    found.dispose()


@pytest.fixture(scope="session")
def redis_server(services_folder: Path) -> Iterator[EmbeddedRedis]:
    """A Valkey server; tests that restart it make their own."""
    server = EmbeddedRedis(services_folder / "redis")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def redis_url(redis_server: EmbeddedRedis) -> str:
    """A Valkey database with nothing in it."""
    client = redis.Redis.from_url(redis_server.url)
    client.flushall()
    client.close()
    return redis_server.url


def _administer(postgres: EmbeddedPostgres, statement: str) -> None:
    engine = create_engine(_url_of(postgres, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _url_of(postgres: EmbeddedPostgres, database: str) -> str:
    return make_url(postgres.start()).set(database=database).render_as_string(hide_password=False)
