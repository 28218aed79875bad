"""What the doctor says of who may reach Redis and Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from sqlalchemy import text

from tests.support.drains import STREAM
from tests.support.roles import engine_as
from trailkeeper.cli.doctor import of_redis
from trailkeeper.cli.doctor.of_postgres import _roles
from trailkeeper.cli.doctor.of_redis import _access, _is_local
from trailkeeper.models.engine import make_engine, transaction
from trailkeeper.models.privileges import READER, WRITER
from trailkeeper.producer.transports.shards import Shard


@pytest.fixture
def open_redis_url(redis_url: str) -> Iterator[str]:
    """A server that asks nobody for a password, for the time of the test."""
    password = redis_url.removeprefix("redis://:").partition("@")[0]
    with redis.Redis.from_url(redis_url) as client:
        admin: Any = client
        admin.execute_command("ACL", "SETUSER", "default", "nopass")
        yield redis_url
        admin.execute_command("ACL", "SETUSER", "default", "resetpass", f">{password}")


def severities(url: str) -> dict[str, str]:
    return {finding.check: finding.severity for finding in _access(Shard(url, STREAM))}


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.3.2.1", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("redis.internal", False),
        ("2001:db8::1", False),
    ],
)
def test_what_is_on_this_machine(host: str, local: bool) -> None:
    assert _is_local(host) is local


def test_a_server_elsewhere_that_lets_anybody_in_is_warned_of(
    open_redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert severities(open_redis_url) == {}
    monkeypatch.setattr(of_redis, "_is_local", lambda host: False)
    assert severities(open_redis_url) == {"Redis access": "warning", "Redis transport": "warning"}


def test_a_server_elsewhere_that_asks_for_a_password_is_fine(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_redis, "_is_local", lambda host: False)
    assert severities(redis_url) == {"Redis transport": "warning"}


def test_a_superuser_is_warned_of_and_a_writer_is_not(database_url: str) -> None:
    administrator = make_engine(database_url, application_name="test")
    with transaction(administrator) as connection:
        assert [finding.severity for finding in _roles(connection)] == ["warning"]
    administrator.dispose()
    with engine_as(database_url, WRITER) as writer, transaction(writer) as connection:
        assert [finding.severity for finding in _roles(connection)] == ["ok"]


def test_a_privilege_that_is_missing_is_named(database_url: str) -> None:
    administrator = make_engine(database_url, application_name="test")
    with transaction(administrator) as connection:
        connection.execute(text(f"REVOKE SELECT ON events FROM {READER}"))
        assert [finding.found for finding in _roles(connection)] == [
            f"missing: SELECT on trailkeeper.events for {READER}"
        ]
    administrator.dispose()
