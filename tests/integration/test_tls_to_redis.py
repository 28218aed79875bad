"""The ways to Redis over TLS: who is believed, what is shown, and what becomes of events otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.drains import entries
from tests.support.emitting import CATALOGUE, REQUIRED, SPOOLED
from tests.support.tls import Authority, tls_in_front_of
from trailkeeper import Emitter, ProducerSettings
from trailkeeper.producer.errors import SettingsError, StreamUnavailable
from trailkeeper.producer.redis_client import connect, redis_translated
from trailkeeper.producer.settings import read
from trailkeeper.worker.control import queues_by_worker
from trailkeeper.worker.settings import WorkerSettings


@pytest.fixture
def redis_url(either_redis_url: str) -> str:
    return either_redis_url


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours")


@pytest.fixture
def plain_port(redis_url: str) -> int:
    return int(redis_url.rpartition(":")[2].partition("/")[0])


def over_tls(redis_url: str, port: int, host: str = "localhost") -> str:
    return f"rediss://{redis_url.removeprefix('redis://').rpartition('@')[0]}@{host}:{port}/0"


@contextmanager
def emitting(url: str, **settings: Any) -> Iterator[Emitter]:
    found = ProducerSettings(redis_url=url, emit_budget_ms=5_000, spool="off", **settings)
    emitter = Emitter(found, catalogue=CATALOGUE)
    yield emitter
    emitter.close()


async def awaited(emitter: Emitter, tag: str) -> str:
    return (await emitter.aemit(tag)).outcome


def test_emit_reaches_a_server_that_our_authority_vouches_for(
    redis_url: str, plain_port: int, authority: Authority
) -> None:
    with tls_in_front_of(plain_port, authority.certificate("redis")) as port:
        for host in ("localhost", "127.0.0.1"):
            with emitting(over_tls(redis_url, port, host), redis_tls_ca=str(authority.file)) as emitter:
                assert emitter.emit(SPOOLED).outcome == "stream"
                assert asyncio.run(awaited(emitter, SPOOLED)) == "stream"
    assert len(entries(redis_url)) == 4


def test_a_certificate_is_shown_to_a_server_that_asks_for_one(
    redis_url: str, plain_port: int, authority: Authority
) -> None:
    mine = str(authority.certificate("mine"))
    with tls_in_front_of(plain_port, authority.certificate("redis"), clients=authority.file) as port:
        url, ca = over_tls(redis_url, port), str(authority.file)
        with emitting(url, redis_tls_ca=ca, redis_tls_cert=mine) as emitter:
            assert emitter.emit(SPOOLED).outcome == "stream"
            assert asyncio.run(awaited(emitter, SPOOLED)) == "stream"
        with emitting(url, redis_tls_ca=ca) as emitter:
            assert emitter.emit(SPOOLED).outcome == "logged"
    assert len(entries(redis_url)) == 2


@pytest.mark.parametrize("wrong", ["authority", "host"])
def test_a_server_that_is_not_the_one_we_meant_is_as_one_that_is_away(
    redis_url: str,
    plain_port: int,
    authority: Authority,
    wrong: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    issuer = Authority(authority.file.parent, "another") if wrong == "authority" else authority
    certificate = issuer.certificate("redis", "localhost" if wrong == "authority" else "redis.example")
    with tls_in_front_of(plain_port, certificate) as port:
        url, ca = over_tls(redis_url, port), str(authority.file)
        for awaiting in (False, True):
            with emitting(url, redis_tls_ca=ca) as emitter:
                outcome = (
                    asyncio.run(awaited(emitter, SPOOLED)) if awaiting else emitter.emit(SPOOLED).outcome
                )
                assert outcome == "logged"
        assert caplog.text.count("certificate verify failed") == 2
        with emitting(url, redis_tls_ca=ca) as emitter, pytest.raises(Exception, match="was not recorded"):
            emitter.emit(REQUIRED)
        settings = WorkerSettings(redis_url=url, redis_tls_ca=ca)
        with connect(settings.redis_url) as client, redis_translated_raises():
            client.ping()
        with pytest.raises(StreamUnavailable, match="certificate verify failed"):
            queues_by_worker(settings)
    assert entries(redis_url) == []


@contextmanager
def redis_translated_raises() -> Iterator[None]:
    with pytest.raises(StreamUnavailable, match="certificate verify failed"), redis_translated():
        yield


def test_workers_and_celery_speak_tls_with_the_same_settings(
    redis_url: str, plain_port: int, authority: Authority
) -> None:
    with tls_in_front_of(plain_port, authority.certificate("redis"), clients=authority.file) as port:
        mine = str(authority.certificate("mine"))
        settings = read(
            WorkerSettings,
            {
                "TRAILKEEPER_REDIS_URL": over_tls(redis_url, port),
                "TRAILKEEPER_REDIS_TLS_CA": str(authority.file),
                "TRAILKEEPER_REDIS_TLS_CERT": mine,
            },
        )
        with connect(settings.redis_url) as client:
            assert client.ping()
        assert queues_by_worker(settings, seconds=0.1) == {}


def test_plain_text_is_not_spoken_to_a_tls_port_nor_tls_settings_taken_for_a_plain_url(
    redis_url: str, plain_port: int, authority: Authority
) -> None:
    with tls_in_front_of(plain_port, authority.certificate("redis")) as port:
        plain = over_tls(redis_url, port).replace("rediss://", "redis://")
        with emitting(plain) as emitter:
            assert emitter.emit(SPOOLED).outcome == "logged"
        with pytest.raises(SettingsError, match="does not begin with rediss://"):
            ProducerSettings(redis_url=plain, redis_tls_ca=str(authority.file))
