"""The whole pipeline as one command: real processes, real signals."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

import psycopg2
import pytest
import redis
from sqlalchemy.engine import make_url

from tests.support.drains import STREAM, an_event, stored_ids
from tests.support.up import Up, processes_of
from tests.support.waiting import until
from trailkeeper.producer.wire import encode


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="tk-"))
    yield folder / "home"
    shutil.rmtree(folder)


def emit(redis_url: str) -> UUID:
    event = an_event()
    with redis.Redis.from_url(redis_url) as client:
        client.xadd(STREAM, {"e": encode(event)})
    return event.id


def answers(redis_url: str) -> bool:
    with redis.Redis.from_url(redis_url, retry=None) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False


def is_stored(database_url: str, identity: UUID) -> bool:
    return identity in stored_ids(database_url)


def _is_another(up: Up, name: str, killed: int) -> bool:
    return up.pid_of(name) not in {None, killed}


def test_an_event_lands_as_a_row_and_sigterm_leaves_no_process_and_the_data(home: Path) -> None:
    with Up(home, "--json") as first:
        found = first.addresses()
        assert set(found) == {"redis_url", "database_url", "views_url"}
        before = emit(found["redis_url"])
        until(lambda: is_stored(found["database_url"], before))
        assert len(processes_of(home)) > 4
        code, said = first.end(signal.SIGTERM)
        assert code == 0
        assert "Traceback" not in said
        assert processes_of(home) == {}
    with Up(home, "--json") as second:
        assert second.addresses() == found
        assert is_stored(found["database_url"], before)
        after = emit(found["redis_url"])
        until(lambda: is_stored(found["database_url"], after))
        assert second.end(signal.SIGINT)[0] == 0
        assert processes_of(home) == {}


def test_killed_workers_and_servers_are_started_again_and_nothing_is_lost(home: Path) -> None:
    names = ("worker", "beat", "views", "redis")
    with Up(home, "--json") as up:
        found = up.addresses()
        for name in names:
            killed = until(partial(up.pid_of, name), what=f"{name} runs")
            first = emit(found["redis_url"])
            until(
                partial(is_stored, found["database_url"], first),
                what=f"an event before {name} is killed is stored",
            )
            os.kill(killed, signal.SIGKILL)
            until(partial(_is_another, up, name, killed), what=f"{name} runs again")
            until(partial(answers, found["redis_url"]), what="Redis answers")
            second = emit(found["redis_url"])
            until(
                partial(is_stored, found["database_url"], second),
                what=f"an event after {name} was killed is stored",
            )
        said = up.end()[1]
        for name in names:
            assert f"{name} was killed by SIGKILL; starting it again in 0.5 s" in said
        assert processes_of(home) == {}


def test_when_up_itself_is_killed_its_children_end_and_the_next_up_works(home: Path) -> None:
    with Up(home, "--json") as killed:
        found = killed.addresses()
        killed.process.kill()
        killed.process.wait()
        with Up(home, "--json") as following:
            assert following.addresses() == found
            identity = emit(found["redis_url"])
            until(lambda: is_stored(found["database_url"], identity))
            assert following.end()[0] == 0
        assert processes_of(home) == {}


def test_children_of_a_killed_up_do_not_linger(home: Path) -> None:
    with Up(home, "--json") as up:
        up.addresses()
        up.process.kill()
        up.process.wait()
        until(lambda: processes_of(home) == {})


def test_one_home_takes_one_up_and_the_other_is_told(home: Path) -> None:
    with Up(home, "--json") as first:
        first.addresses()
        with Up(home, "--json") as second:
            _, said = second.process.communicate(timeout=30)
            assert second.process.returncode == 1
            holder = first.process.pid
            assert said.startswith(
                f"trailkeeper: {home} is in use by process {holder}: stop it, or choose another"
            )
            assert len(said.splitlines()) == 1
            assert len(processes_of(home)) > 4
            first.end()


def test_given_servers_are_used_and_left_running(
    home: Path, redis_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home.parent)
    with Up(Path("home"), "--json", REDIS_URL=redis_url, DATABASE_URL=database_url) as up:
        found = up.addresses()
        assert (found["redis_url"], found["database_url"]) == (redis_url, database_url)
        identity = emit(redis_url)
        until(lambda: is_stored(database_url, identity))
        assert up.end()[0] == 0
    assert {path.name.partition(".")[0] for path in home.iterdir()} == {
        "beat-schedule",
        "lock",
        "logs",
        "run",
        "views-port",
    }
    with redis.Redis.from_url(redis_url) as client:
        assert client.ping()
    psycopg2.connect(
        make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    ).close()


def test_a_given_redis_that_does_not_answer_is_named(home: Path) -> None:
    with Up(home, REDIS_URL="redis://:hunter2@127.0.0.1:1/0") as up:
        _, said = up.process.communicate(timeout=30)
        assert up.process.returncode == 1
        assert said.startswith("trailkeeper: Redis at redis://:***@127.0.0.1:1/0 (TRAILKEEPER_REDIS_URL)")
        assert len(said.splitlines()) == 1
    assert processes_of(home) == {}


def test_a_home_that_cannot_be_used_is_told_in_one_line(home: Path) -> None:
    home.parent.joinpath("file").write_text("")
    for bad in (home.parent / "file" / "home", Path("/proc/home")):
        with Up(bad) as up:
            _, said = up.process.communicate(timeout=30)
            assert up.process.returncode == 1
            assert said.startswith(f"trailkeeper: {bad} cannot be used: ")
            assert len(said.splitlines()) == 1
