"""Real servers for every layer that asks for one, started once a session from wheels."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import redis
from sqlalchemy import Engine

from tests.support.databases import a_database, administering, passing_folder, run, url_of
from tests.support.servers import emptied, redis_8, serving, valkey
from tests.support.waiting import until
from trailkeeper.cli.embedded.postgres import EmbeddedPostgres
from trailkeeper.cli.embedded.redis import EmbeddedRedis
from trailkeeper.models.engine import make_engine
from trailkeeper.models.migrate import upgrade

MOST_WORKERS = 4
WATCHDOGS = {"trailkeeper-outbox", "trailkeeper-relief"}
"""Names of threads that do not end at once when they are told to stop."""

pytest.register_assert_rewrite("tests.support.contracts.transport", "tests.support.contracts.stream")


# coverage measures the processes that run tests; those that tests start are killed and timed
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)

# in CI the same examples each time: a new one is for whoever runs the tests by hand to find
hypothesis.settings.register_profile("ci", derandomize=True, print_blob=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")


def pytest_xdist_auto_num_workers() -> int:
    """As many as there are processors for us; each has servers of its own, so there are never many."""
    return min(len(os.sched_getaffinity(0)), MOST_WORKERS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where workers share the tests, what takes long begins first and what is short fills the end."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        places = {layer: place for place, layer in enumerate(("migration", "integration", "unit"), 1)}
        items.sort(key=lambda item: places.get(item.path.parent.name, 0))


@pytest.fixture(autouse=True)
def exports_forgotten() -> Iterator[None]:
    """What a test counted of visitors' exports is not recorded by a later one, nor when pytest ends."""
    yield
    if views := sys.modules.get("trailkeeper.views.access_events"):
        views._anonymous._forget()


@pytest.fixture(autouse=True)
def watchdogs_ended() -> Iterator[None]:
    """What a test had watched is not looked at once more by its thread while the next test runs."""
    yield
    until(
        lambda: not WATCHDOGS & {thread.name for thread in threading.enumerate()}, what="watchdogs have ended"
    )


@pytest.fixture(scope="session")
def services_folder() -> Iterator[Path]:
    """A short path that a Unix socket fits into, and that Postgres' own user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="tk-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A Postgres server that would survive no crash; tests of crashes make their own."""
    with passing_folder() as folder:
        server = EmbeddedPostgres(folder / "pg")
        server.start()
        yield server
        server.stop("immediate")


@pytest.fixture(scope="session")
def administrator(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    """Connections that make and drop databases."""
    with administering(postgres) as engine:
        yield engine


@pytest.fixture(scope="session")
def template_database(postgres: EmbeddedPostgres, administrator: Engine) -> str:
    """A database with our schema, from which each test's own is copied."""
    name = "trailkeeper_template"
    run(administrator, f"CREATE DATABASE {name}")
    upgrade(url_of(administrator, name))
    return name


@pytest.fixture
def empty_database_url(administrator: Engine) -> Iterator[str]:
    """A database of this test's own, without our schema."""
    with a_database(administrator, "template1") as url:
        yield url


@pytest.fixture
def database_url(administrator: Engine, template_database: str) -> Iterator[str]:
    """A database of this test's own, with our schema and the partitions of today and soon."""
    with a_database(administrator, template_database) as url:
        yield url


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
