"""Where Celery's own messages go, in the words of Kombu."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import quote

from trailkeeper.producer.errors import SettingsError
from trailkeeper.producer.redis_client import sentinel_options
from trailkeeper.producer.transports.shards import shards_of
from trailkeeper.producer.transports.url import bracketed, is_cluster, is_sentinel

from .settings import WorkerSettings

TIMEOUTS = {"socket_timeout": 10, "socket_connect_timeout": 2}


NO_CLUSTER = (
    "Celery has no transport for a Redis Cluster: set TRAILKEEPER_BROKER_URL to a Redis of its own, which"
    " needs little memory and no persistence, as no event goes there"
)


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
    if is_cluster(url):
        raise SettingsError(NO_CLUSTER)
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
