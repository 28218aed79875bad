"""Real servers for every layer that asks for one, started once a session from wheels."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import redis
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url

from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.redis import EmbeddedRedis
from models.engine import make_engine
from models.migrate import upgrade
from tests.support.servers import emptied, redis_8, serving, valkey

_numbers = itertools.count(1)

pytest.register_assert_rewrite("tests.support.contracts.transport", "tests.support.contracts.stream")


# in CI the same examples each time: a new one is for whoever runs the tests by hand to find
hypothesis.settings.register_profile("ci", derandomize=True, print_blob=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")


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
    with serving(valkey(services_folder / "valkey")) as server:
        yield server


@pytest.fixture(scope="session")
def redis_8_server(services_folder: Path) -> Iterator[EmbeddedRedis]:
    """A Redis 8 server; tests that restart it make their own."""
    with serving(redis_8(services_folder / "redis-8")) as server:
        yield server


@pytest.fixture
def redis_url(redis_server: EmbeddedRedis) -> str:
    """A Valkey database with nothing in it. A module overrides it to run on what `either_redis_url` gives."""
    return emptied(redis_server)


@pytest.fixture(params=["redis_server", "redis_8_server"], ids=["valkey", "redis_8"])
def either_redis_server(request: pytest.FixtureRequest) -> EmbeddedRedis:
    """Each of the two servers, one after the other; for tests of what we ask of Redis."""
    server: EmbeddedRedis = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def either_redis_url(either_redis_server: EmbeddedRedis) -> str:
    """A database with nothing in it, on each of the two servers."""
    return emptied(either_redis_server)


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """Connected to what `redis_url` is for this test."""
    with redis.Redis.from_url(redis_url) as connected:
        yield connected


def _administer(postgres: EmbeddedPostgres, statement: str) -> None:
    engine = create_engine(_url_of(postgres, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _url_of(postgres: EmbeddedPostgres, database: str) -> str:
    return make_url(postgres.start()).set(database=database).render_as_string(hide_password=False)
