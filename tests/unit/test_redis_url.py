"""Redis URLs mean to `emit` what they mean to redis-py, which workers use."""

from __future__ import annotations

import subprocess
import sys

import pytest
from redis.connection import parse_url

from trailkeeper.producer.errors import SettingsError
from trailkeeper.producer.transports.address import RedisAddress
from trailkeeper.producer.transports.url import options_of

PLACES = {"host": "localhost", "port": 6379, "db": 0}
URLS = [
    "redis://",
    "redis://host",
    "redis://host:6380/2",
    "redis://:s%2Fc%40ret@host/1",
    "redis://me:secret@[::1]:6380/15",
    "redis://me@host",
    "redis://host?db=3",
    "redis://host/2?db=3",
    "redis://host?password=a%2520b&username=me",
    "rediss://host/0?ssl_cert_reqs=none&ssl_ca_certs=/etc/ca.pem&ssl_check_hostname=no",
    "rediss://host?ssl_check_hostname=1",
    "unix:///run/redis.sock",
    "unix://me:secret@/run/redis%20a.sock?db=4",
]


@pytest.mark.parametrize("url", URLS)
def test_a_url_means_what_it_means_to_redis_py(url: str) -> None:
    theirs = {name: value for name, value in parse_url(url).items() if name != "connection_class"}  # type: ignore[no-untyped-call]
    ours = options_of(url)
    places = {} if url.startswith("unix") else PLACES
    assert {**ours, "db": int(ours.get("db", 0))} == {**places, "db": 0, **theirs}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "host:6379",
        "redis:host",
        "http://host",
        "redis://host:0",
        "redis://host:65536",
        "redis://host:port",
        "redis://host/zero",
        "redis://host?db=zero",
        "redis://host?db=-1",
        "redis://[::1",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="expected one such as redis://"):
        RedisAddress(url)


def test_an_application_that_emits_does_not_load_redis_py() -> None:
    emitter = "trailkeeper.Emitter(trailkeeper.ProducerSettings())"
    code = f"import sys, trailkeeper; {emitter}; print('redis' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"
