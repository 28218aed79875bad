"""Where Celery's own messages go, in the words of Kombu."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from trailkeeper.producer.errors import SettingsError
from trailkeeper.producer.redis_client import sentinel_options
from trailkeeper.producer.settings import ENCODED
from trailkeeper.producer.transports.address import RedisAddress
from trailkeeper.producer.transports.shards import shards_of
from trailkeeper.producer.transports.url import bracketed, is_cluster, is_sentinel, scheme_of

from .broker import is_known
from .settings import WorkerSettings

TIMEOUTS = {"socket_timeout": 10, "socket_connect_timeout": 2}


NO_CLUSTER = (
    "it has no transport for a Redis Cluster: set TRAILKEEPER_BROKER_URL to a Redis of its own, which"
    " needs little memory and no persistence, as no event goes there"
)


READ_OTHERWISE = frozenset(
    {"azureservicebus", "azurestoragequeues", "gcpubsub", "mongodb", "sqla", "sqlalchemy"}
)
"""What has URLs of its own kind, which Kombu leaves to it."""

OF_REDIS = frozenset({"redis", "rediss", "unix"})
UNREADABLE = f"expected a port from 1 to 65535, and {ENCODED}"


class Broker(NamedTuple):
    """What Celery's settings say of it.

    Attributes:
        url: ``broker_url``.
        options: for ``broker_transport_options``, besides those of every broker.
        tls: ``broker_use_ssl``; None where the URL says it.
    """

    url: str
    options: dict[str, Any]
    tls: dict[str, Any] | None


def broker_of(settings: WorkerSettings) -> Broker:
    """The broker of the settings: the server of the first stream, if no other is named.

    Raises:
        SettingsError: its URL cannot be used; never shows it, since it may hold a password.
    """
    url = settings.broker_url or shards_of(settings)[0].url
    try:
        problem = next(filter(None, map(_problem, url.split(";"))), None)
    except SettingsError as error:
        problem = str(error)
    except ValueError:  # which may quote a part of the password
        problem = UNREADABLE
    if problem is not None:
        variable = "TRAILKEEPER_BROKER_URL" if settings.broker_url else "TRAILKEEPER_REDIS_URL"
        raise SettingsError(f"{variable} is none that Celery can use: {problem}")
    if not is_sentinel(url):
        return Broker(url, {}, None)
    options = sentinel_options(url)
    # each with credentials and database: Kombu goes on to the next where one does not answer
    login = ":".join(quote(options.master.get(name, ""), safe="") for name in ("username", "password"))
    places = [
        f"sentinel://{login}@{bracketed(host)}:{port}/{options.master['db']}" for host, port in options.places
    ]
    transport_options = {"master_name": options.service, "sentinel_kwargs": options.asking}
    return Broker(";".join(places), transport_options, options.tls)


def _problem(url: str) -> str | None:
    """Why Kombu would refuse one URL, whose own errors quote parts of it.

    Raises:
        SettingsError: the same, of a URL of Redis.
        ValueError: it cannot be taken apart.
    """
    if is_cluster(url):
        return NO_CLUSTER
    if "://" not in url:  # the rest of a password with a semicolon
        return UNREADABLE
    scheme = scheme_of(url)
    if scheme.removesuffix("+sentinel") in OF_REDIS:
        RedisAddress(url)
        return None
    transport = scheme.partition("+")[0]
    if not is_known(transport):
        return f"no broker is called {scheme!r}"
    parts = urlsplit(url)
    return UNREADABLE if transport not in READ_OTHERWISE and parts.port == 0 else None
