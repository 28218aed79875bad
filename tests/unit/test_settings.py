"""Settings from the environment, and what is said of wrong ones."""

from __future__ import annotations

from typing import Any

import pytest

from trailkeeper.producer.errors import SettingsError
from trailkeeper.producer.settings import ProducerSettings, changed, read, variable
from trailkeeper.producer.transports.address import RedisAddress


def test_every_setting_has_its_variable() -> None:
    found = read(
        ProducerSettings,
        {
            "TRAILKEEPER_REDIS_URL": "rediss://redis.example/1",
            "TRAILKEEPER_CATALOGUE": "/etc/a.toml:/etc/b.toml:",
            "TRAILKEEPER_EMIT_BUDGET_MS": "100",
            "TRAILKEEPER_BREAKER_SECONDS": "2.5",
            "TRAILKEEPER_ON_INVALID": "quarantine",
            "TRAILKEEPER_TRUSTED_PROXIES": "10.0.0.0/8, unix",
            "PATH": "/bin",
        },
    )
    assert found == ProducerSettings(
        redis_url="rediss://redis.example/1",
        catalogue=("/etc/a.toml", "/etc/b.toml"),
        emit_budget_ms=100,
        breaker_seconds=2.5,
        on_invalid="quarantine",
        trusted_proxies=("10.0.0.0/8", "unix"),
    )


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("on_invalid", "x", "TRAILKEEPER_ON_INVALID is 'x'; expected one of: raise, quarantine"),
        ("emit_budget_ms", "fast", "TRAILKEEPER_EMIT_BUDGET_MS is 'fast'; expected int"),
        ("emit_budget_ms", "0", "TRAILKEEPER_EMIT_BUDGET_MS is '0'; expected int >= 1"),
        ("breaker_seconds", "-1", "TRAILKEEPER_BREAKER_SECONDS is '-1'; expected float > 0.0"),
        ("stream", "", "TRAILKEEPER_STREAM is ''; expected str of length >= 1"),
    ],
)
def test_a_wrong_value_names_variable_value_and_what_was_expected(name: str, text: str, message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(ProducerSettings, {variable(name): text})
    assert str(refused.value) == message


@pytest.mark.parametrize("url", ["http://me:s3cret@host", "host:6379", "", "redis:/s3cret@host"])
def test_a_wrong_url_is_refused_without_showing_its_password(url: str) -> None:
    with pytest.raises(SettingsError, match="expected a URL such as redis://") as refused:
        read(ProducerSettings, {"TRAILKEEPER_REDIS_URL": url})
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("redis://:s3c/ret@host/0", id="a slash in the password"),
        pytest.param("redis://host:s3cret/0", id="a port that is none"),
        pytest.param("redis://:s3cret@host/0?db=s3cret", id="a database that is none"),
        pytest.param("rediss://:s3cret@host?ssl_cert_reqs=maybe", id="an unknown way to verify"),
        pytest.param("rediss://:s3cret@host?ssl_ciphers=ALL", id="an option we do not know"),
        pytest.param("rediss://:s3cret@host?ssl_ca_certs=/no/such/file", id="no certificates"),
    ],
)
def test_a_url_that_cannot_be_used_tells_no_password_in_its_whole_story(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        RedisAddress(url)
    error: BaseException | None = refused.value
    while error is not None:
        assert "s3c" not in str(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def test_an_address_is_shown_without_credentials() -> None:
    assert str(RedisAddress("redis://me:s3cret@redis.example:6380/2")) == "redis.example:6380"
    assert str(RedisAddress("unix://:s3cret@/run/redis.sock")) == "/run/redis.sock"


def test_an_address_greets_with_credentials_and_database() -> None:
    assert RedisAddress("redis://me:s%2Fcret@host/2").greeting() == [
        (b"AUTH", b"me", b"s/cret"),
        (b"SELECT", b"2"),
    ]
    assert RedisAddress("redis://host").greeting() == []


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"strem": "x"}, "no setting is called 'strem'; expected one of: redis_tls_ca, "),
        ({"on_invalid": "x"}, "on_invalid is 'x'; expected one of: raise, quarantine"),
        ({"emit_budget_ms": "1"}, "emit_budget_ms is '1'; expected int"),
        ({"redis_url": "s3cret"}, "redis_url is a secret; expected a URL"),
    ],
)
def test_settings_given_in_code_are_checked_too(overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        changed(ProducerSettings(), overrides)
    assert str(refused.value).startswith(message)


def test_settings_given_in_code_replace_those_read() -> None:
    assert changed(ProducerSettings(stream="a"), {"trusted_proxies": ["unix"]}).trusted_proxies == ("unix",)
