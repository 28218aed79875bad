"""A restart of Redis strands nothing under the users of docs/redis.acl, and what was stranded is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
import redis

from tests.support.acl import RECIPE, AclServer
from tests.support.command import call
from tests.support.drains import STREAM, an_event, put, settings_for, stored_ids
from tests.support.servers import WITH_THE_SYSTEMS
from trailkeeper.models.errors import StoreUnavailable
from trailkeeper.producer.stream_keys import GROUP, pause_key
from trailkeeper.worker.drain import Drainer
from trailkeeper.worker.drain.stream import Stream
from trailkeeper.worker.stranded import stranded_ids

WORKER = "trailkeeper-worker"
NOWHERE = "postgresql+psycopg2://postgres@127.0.0.1:1/postgres"
REFUSING = RECIPE.read_text().replace("user default off resetpass ~* &* +@all", "user default off")
"""A user file as it is often written: the server then refuses its own MULTI while it loads."""


@pytest.fixture(params=WITH_THE_SYSTEMS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AclServer]:
    made = AclServer(WITH_THE_SYSTEMS[request.param](tmp_path / "redis"))
    yield made
    made.kill()


def restart_under_load(server: AclServer, database_url: str) -> list[UUID]:
    """Events stored, held, and waiting while Postgres is away; then a power cut. Returns all their ids."""
    server.start()
    url, ids = server.url(WORKER), list[UUID]()
    with redis.Redis.from_url(url) as client:
        for number in range(10):
            events = [an_event() for _ in range(7)]
            put(client, *events)
            ids += [event.id for event in events]
            away = number % 2
            settings = settings_for(url, NOWHERE if away else database_url, batch_size=5)
            drainer = Drainer(settings, f"here/{number}")
            client.delete(pause_key(STREAM))
            if away:
                with pytest.raises(StoreUnavailable):
                    drainer.run(5)
            else:
                drainer.streams[0].run_unpaused(5)
            drainer.close()
        more = [an_event() for _ in range(11)]
        put(client, *more)
        Stream(client, STREAM, "here/held").read(4)
        Stream(client, STREAM, "here/single").read(1)  # kept without MULTI, and so never refused
    server.kill()
    server.start()
    return [*ids, *(event.id for event in more)]


def drained(server: AclServer, database_url: str) -> None:
    settings = settings_for(server.url(WORKER), database_url, lease_seconds=0.001)
    drainer = Drainer(settings, "here/after")
    drainer.run(20)
    drainer.close()


def test_the_very_file_is_loaded_and_a_restart_while_postgres_is_away_strands_nothing(
    server: AclServer, database_url: str
) -> None:
    ids = restart_under_load(server, database_url)
    with redis.Redis.from_url(server.url(WORKER)) as client:
        assert stranded_ids(client, STREAM, 1000, look_further=True) == []
    drained(server, database_url)
    assert stored_ids(database_url) == sorted(ids)


@pytest.mark.parametrize("kind", WITH_THE_SYSTEMS)
def test_what_a_server_stranded_as_it_refused_its_own_commands_is_stored(
    kind: str, tmp_path: Path, database_url: str
) -> None:
    server = AclServer(WITH_THE_SYSTEMS[kind](tmp_path / "redis"), REFUSING)
    try:
        ids = restart_under_load(server, database_url)
        with redis.Redis.from_url(server.url(WORKER)) as client:
            if client.info("server")["redis_version"].startswith("7.0"):
                assert stranded_ids(client, STREAM, 1000, look_further=True)
        drained(server, database_url)
        assert stored_ids(database_url) == sorted(ids)
        with redis.Redis.from_url(server.url(WORKER)) as client:
            assert client.xlen(STREAM) == 0
    finally:
        server.kill()


class TestStranded:
    """Entries that were acknowledged without being removed are stranded as well."""

    def test_they_are_stored_once_by_whichever_drain_comes_first(
        self, client: redis.Redis, redis_url: str, database_url: str
    ) -> None:
        events = [an_event() for _ in range(30)]
        stream_ids = put(client, *events)
        Stream(client, STREAM, "gone/1").read(20)
        client.xack(STREAM, GROUP, *stream_ids[:20])
        assert stranded_ids(client, STREAM, 1000) == stream_ids[:20]
        drainer = Drainer(settings_for(redis_url, database_url, batch_size=7), "here/1")
        drainer.run(20)
        drainer.close()
        assert stored_ids(database_url) == sorted(event.id for event in events)
        assert client.xlen(STREAM) == 0

    def test_status_and_reconcile_tell_them_from_what_waits(
        self,
        client: redis.Redis,
        redis_url: str,
        database_url: str,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        ask = partial(call, capsys, monkeypatch, REDIS_URL=redis_url, DATABASE_URL=database_url, SPOOL="off")
        stream_ids = put(client, *(an_event() for _ in range(5)))
        Stream(client, STREAM, "gone/1").read(3)
        client.xack(STREAM, GROUP, *stream_ids[:2])
        status = ask("status", "--json")
        part = json.loads(status.out)["stream"]
        assert (part["waiting"], part["being_stored"], part["stranded"]) == (2, 1, 2)
        assert "entries_stranded" in [alarm["name"] for alarm in json.loads(status.out)["alarms"]]
        found = ask("reconcile")
        assert (found.code, "2 entries of the stream" in found.err) == (1, True)
        assert ask("drain").code == 0
        assert ask("reconcile").code == 0

    def test_neither_what_is_held_nor_what_is_ahead_is_taken_for_stranded(self, client: redis.Redis) -> None:
        stream_ids = put(client, *[b"x"] * 6)
        Stream(client, STREAM, "there/1").read(4)
        assert stranded_ids(client, STREAM, 1000, look_further=True) == []
        client.xack(STREAM, GROUP, stream_ids[2])
        assert stranded_ids(client, STREAM, 1000, look_further=True) == [stream_ids[2]]
        assert stranded_ids(client, STREAM, 1000) == []  # its turn comes when those before it are stored

    def test_without_stream_or_group_there_are_none(self, client: redis.Redis) -> None:
        assert stranded_ids(client, STREAM, 10) == []
        put(client, b"x")
        assert stranded_ids(client, STREAM, 10) == []

    def test_looking_costs_the_same_however_much_waits_ahead(self, client: redis.Redis) -> None:
        Stream(client, STREAM, "here/1").make_group()
        put(client, *[b"x"] * 2_000)
        before = _calls(client, "xrange")
        assert stranded_ids(client, STREAM, 1000, look_further=True) == []
        assert _calls(client, "xrange") - before == 1


def _calls(client: redis.Redis, command: str) -> int:
    info: dict[str, dict[str, int]] = client.info("commandstats")
    return info.get(f"cmdstat_{command}", {}).get("calls", 0)
