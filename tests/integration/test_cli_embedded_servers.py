"""The embedded servers where the folder, the port or an earlier crash makes it hard."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy import text
from sqlalchemy.engine import make_url

from tests.support.databases import raw_engine
from tests.support.waiting import until
from trailkeeper.cli.embedded.postgres import EmbeddedPostgres
from trailkeeper.cli.embedded.redis import EmbeddedRedis


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that is awkward in every way at once, and closed to others."""
    above = Path(tempfile.mkdtemp(prefix="tk-"))
    yield above / 'quote " dollar $(id) comma,' / ("long" * 30)
    shutil.rmtree(above)


def answer(url: str) -> object:
    engine = raw_engine(url)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT 1")).scalar_one()
    engine.dispose()
    return found


def test_postgres_works_in_an_awkward_folder_behind_a_private_socket(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "pg")
    url = server.start()
    assert answer(url) == 1
    host = Path(str(make_url(url).query["host"]))
    assert stat.S_IMODE((host / ".s.PGSQL.5432").stat().st_mode) == 0o700
    assert stat.S_IMODE(host.stat().st_mode) == 0o700
    server.stop()
    assert not server.is_running()
    shutil.rmtree(host, ignore_errors=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes the user Postgres runs as")
def test_folders_above_the_data_become_passable_and_not_readable(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.parents[1].chmod(0o700)
    server = EmbeddedPostgres(folder / "pg")
    url = server.start()
    server.stop("immediate")
    assert stat.S_IMODE(folder.parents[1].stat().st_mode) == 0o711
    shutil.rmtree(str(make_url(url).query["host"]), ignore_errors=True)


def test_a_postgres_that_runs_is_found_and_a_crashed_one_recovered(services_folder: Path) -> None:
    first, second = (EmbeddedPostgres(services_folder / "pg-crash") for _ in range(2))
    url = first.start()
    assert second.start() == url
    os.kill(first.pid(), signal.SIGKILL)
    until(lambda: not first.is_running(), 10, "Postgres ended")
    # its number may belong to another process by now
    pid_file = first.folder / "postmaster.pid"
    pid_file.write_text(pid_file.read_text().replace(str(first.pid()), str(os.getpid()), 1))
    assert second.start() == url
    assert answer(url) == 1
    second.stop()


def test_redis_keeps_address_and_data_and_takes_over_from_a_leftover(services_folder: Path) -> None:
    first, second = (EmbeddedRedis(services_folder / "redis-leftover") for _ in range(2))
    url = first.start()
    with redis.Redis.from_url(url) as client:
        client.set("kept", "yes")
    assert second.start() == url
    assert not first.is_running()
    with redis.Redis.from_url(url) as client:
        assert client.get("kept") == b"yes"
    second.stop()


def test_redis_moves_to_another_port_when_its_own_is_taken(services_folder: Path) -> None:
    server = EmbeddedRedis(services_folder / "redis-taken")
    before = server.start()
    server.stop()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", make_url(before).port or 0))
        other.listen()
        after = server.start()
        assert after != before
        with redis.Redis.from_url(after) as client:
            assert client.ping()
    server.stop()


def test_redis_keeps_its_files_to_its_owner(services_folder: Path) -> None:
    server = EmbeddedRedis(services_folder / "redis-private")
    server.start()
    server.stop()
    assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((server.folder / "password").stat().st_mode) == 0o600
