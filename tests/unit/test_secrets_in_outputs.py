"""No setting that may hold a secret shows it, however wrong it is: not in errors, nor in logs."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from importlib import import_module

import msgspec
import pytest
import redis
from sqlalchemy import text

from tests.support.command import call
from trailkeeper.cli.settings import CliSettings
from trailkeeper.models.engine import temporary_engine, transaction
from trailkeeper.models.errors import StoreError
from trailkeeper.producer.errors import SettingsError, StreamUnavailable
from trailkeeper.producer.redis_client import connect, redis_translated
from trailkeeper.producer.settings import ProducerSettings, is_secret, read, variable
from trailkeeper.views.settings import ViewsSettings
from trailkeeper.worker.broker_url import broker_of
from trailkeeper.worker.settings import WorkerSettings

MARK = "hunter2x"
KINDS: tuple[type[msgspec.Struct], ...] = (ProducerSettings, WorkerSettings, ViewsSettings, CliSettings)
LOOKS_SECRET = re.compile(r"url|token|secret|password|key")
HARMLESS = {
    *("redis_tls_key", "token_public_key", "token_audience", "token_issuer", "token_not_before"),
    *("revoked_tokens", "secrets", "secret_words"),
}
"""Paths, names, times, ids and words."""

SECRETS = {(kind, name) for kind in KINDS for name in kind.__struct_fields__ if is_secret(name)}
REDIS = (
    *(f"redis://:{MARK}/x@127.0.0.1:1/0", f"redis://:x@{MARK}@127.0.0.1:1/0", f"redis://u:{MARK}#a@h:1/0"),
    *(f"redis://u:{MARK}?a@h:1/0", f"redis://u:{MARK}@127.0.0.1:99999/0", f"redis://u:{MARK}@[::1:1/0"),
    *(f"redis://u:{MARK}@no.such.host.invalid:1/0", f"redis://127.0.0.1:1/0?password={MARK}"),
)
POSTGRES = tuple(
    f"postgresql+psycopg2://{rest}"
    for rest in (
        *(f"u:x@{MARK}@127.0.0.1:1/db", f"u:{MARK}@x@127.0.0.1:1/db", f"u:{MARK}@127.0.0.1:99999/db"),
        *(f"u:{MARK}/y@127.0.0.1:1/db", f"u:y/{MARK}@127.0.0.1:1/db", f"u:1:{MARK}@127.0.0.1:1/db"),
        *(f"u:y?{MARK}@127.0.0.1:1/db", f"u:y#{MARK}@127.0.0.1:1/db", f"u:{MARK}@127.0.0.1:1/db?sslmode=no"),
        *(f"127.0.0.1:1/db?password={MARK}", f"u:{MARK}@no.such.host.invalid/db"),
    )
)
WRONG = (
    *(MARK, f" {MARK}", f"{MARK}\n", f"a:{MARK}", f":{MARK}", f"a:{MARK} {'x' * 40}"),
    *(f"://{MARK}", f"é{MARK}\0"),
)


def error_of(call: Callable[[], object]) -> Exception | None:
    try:
        call()
    except (SettingsError, StreamUnavailable, redis.RedisError, StoreError, ValueError) as error:
        return error
    return None


@pytest.fixture(autouse=True)
def _no_log_has_it(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    assert MARK not in caplog.text


def test_every_setting_that_sounds_secret_is_one_or_known_to_be_harmless() -> None:
    for kind in KINDS:
        sounding = {name for name in kind.__struct_fields__ if LOOKS_SECRET.search(name)} - HARMLESS
        assert sounding == {name for of, name in SECRETS if of is kind}


@pytest.mark.parametrize(("kind", "name"), sorted(SECRETS, key=str))
def test_a_wrong_secret_is_not_in_its_error(kind: type[msgspec.Struct], name: str) -> None:
    for value in (*WRONG, *REDIS, *POSTGRES):
        error = error_of(partial(read, kind, {variable(name): value}))
        if error is not None:
            assert MARK not in str(error)
            assert variable(name) in str(error)


def ask_redis(url: str) -> None:
    settings = read(ProducerSettings, {variable("redis_url"): url})
    with connect(settings.redis_url) as client, redis_translated():
        client.ping()


@pytest.mark.parametrize("url", REDIS)
def test_a_redis_that_cannot_be_reached_is_told_without_its_password(url: str) -> None:
    error = error_of(partial(ask_redis, url))
    assert error is not None
    assert MARK not in str(error)


SCHEMES = ("amqp", "amqps", "redis", "rediss", "sqs", "mongodb", "sqla+postgresql", "sentinel")
PASSWORDS = (
    "{}/x",
    "{}?x",
    "{}#x",
    "x/{}",
    "a[{}]b",
    "[{}",
    "{}℀",
    "{}:1",
    "{} x",
    "{};x",
    "1;{}",
    "1/{}",
    ":{}",
)
BROKERS = (
    *(f"{scheme}://u:{text.format(MARK)}@127.0.0.1:1/0" for scheme in SCHEMES for text in PASSWORDS),
    *(f"{scheme}://u:{MARK}@127.0.0.1:99999/0" for scheme in SCHEMES[:4]),
    *(f"azureservicebus://u:a[{MARK}]@h", f"ampq://u:{MARK}@h", f"redis+cluster://u:{MARK}@h", MARK),
)


def use_broker(name: str, url: str) -> None:
    """What a worker does at its start, up to where Celery has its settings."""
    broker = broker_of(read(WorkerSettings, {variable(name): url}))
    with suppress(ModuleNotFoundError):  # of a broker that is not tried here
        import_module("kombu").Connection(broker.url)


@pytest.mark.parametrize("name", ["broker_url", "redis_url"])
@pytest.mark.parametrize("url", BROKERS)
def test_a_broker_that_celery_cannot_use_is_told_without_its_password(url: str, name: str) -> None:
    error = error_of(partial(use_broker, name, url))
    assert MARK not in ("" if error is None else "".join(traceback.format_exception(error)))


@pytest.mark.parametrize("url", [f"amqp://u:{MARK}/x@h//", f"ampq://u:{MARK}@h", f"amqp://u:{MARK}@h:0"])
def test_config_doctor_and_worker_say_the_same_of_a_broker_that_celery_cannot_use(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.execv", None)
    config = call(capsys, monkeypatch, "config", BROKER_URL=url)
    worker = call(capsys, monkeypatch, "worker", BROKER_URL=url)
    doctor = call(capsys, monkeypatch, "doctor", BROKER_URL=url)
    said = config.err.removeprefix("wrong: ").strip()
    assert said.startswith("TRAILKEEPER_BROKER_URL is ")
    assert worker.err == f"trailkeeper: {said}\n"
    assert said in doctor.out + doctor.err


GOOD_BROKERS = (
    *(
        "redis://:p@h:6379/1",
        "rediss://u:p@h",
        "redis+sentinel://:p@h:1,i:2/master/0",
        "amqp://u:p@ss@h/v?heartbeat=1",
    ),
    *(
        "amqp://a:b@h1//;amqp://a:b@h2//",
        "sentinel://h:1;sentinel://h:2",
        "amqp://u:p@[::1]:5672//",
        "sqs://",
    ),
    *("mongodb://a:1,b:2/x", "sqla+sqlite:////tmp/x.db", "filesystem:///x", "redis+socket:///tmp/x.sock"),
    *("azureservicebus://Root:ab/c+d=@ns", "azurestoragequeues://k/ey@https://a.blob.core.windows.net"),
)


@pytest.mark.parametrize("url", GOOD_BROKERS)
def test_every_kind_of_broker_that_celery_knows_is_taken(url: str) -> None:
    assert broker_of(read(WorkerSettings, {variable("broker_url"): url})).url


def ask_postgres(url: str) -> None:
    with temporary_engine(url, application_name="test") as engine, transaction(engine) as connection:
        connection.execute(text("SELECT 1"))


@pytest.mark.parametrize("url", POSTGRES)
def test_a_postgres_that_cannot_be_reached_is_told_without_its_password(url: str) -> None:
    error = error_of(partial(ask_postgres, url))
    assert error is not None
    assert MARK not in "".join(traceback.format_exception(error))
