"""Settings of the connection to Redis.

Those of TLS become part of its URLs, so that every client uses them, Celery's too.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl, urlencode

import msgspec

from .errors import SettingsError
from .transports.url import is_tls

OPTIONS = {"redis_tls_ca": "ssl_ca_certs", "redis_tls_cert": "ssl_certfile", "redis_tls_key": "ssl_keyfile"}
"""The URL's option for each setting."""


class RedisSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The base of settings that hold a Redis URL.

    Attributes:
        redis_tls_ca: PEM file of the certificate authorities for ``rediss://``; the system's if not set.
        redis_tls_cert: PEM file of our client certificate.
        redis_tls_key: PEM file of its key, if it is not in the same file.
        redis_shards: how many streams share the events, at least one for each server of ``redis_url``; the
            same for applications, workers and views.
    """

    redis_tls_ca: str | None = None
    redis_tls_cert: str | None = None
    redis_tls_key: str | None = None
    redis_shards: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1

    def __post_init__(self) -> None:
        """Write TLS' into each of `redis_url`, and into `broker_url` if that is Redis over TLS."""
        settings = {name: getattr(self, setting) for setting, name in OPTIONS.items()}
        options = {name: value for name, value in settings.items() if value is not None}
        redis_url: str | None = getattr(self, "redis_url", None)
        if options and redis_url is not None and not all(map(is_tls, redis_url.split())):
            raise SettingsError(
                "TRAILKEEPER_REDIS_TLS_* are set, but TRAILKEEPER_REDIS_URL does not begin with rediss://"
            )
        for setting in ("redis_url", "broker_url"):
            if (url := getattr(self, setting, None)) is not None:
                secured = " ".join(with_tls(each, options) for each in url.split())
                msgspec.structs.force_setattr(self, setting, secured)


def with_tls(url: str, options: dict[str, str]) -> str:
    """A ``rediss://`` URL with TLS options; those it has already win. Any other URL is returned as it is.

    redis-py verifies the server's certificate and name by default. Celery does not use TLS at all for a
    ``rediss://`` URL without ``ssl_cert_reqs``, so that is always added.
    """
    if not is_tls(url):
        return url
    base, _, query = url.partition("?")
    return f"{base}?{urlencode({'ssl_cert_reqs': 'required'} | options | dict(parse_qsl(query)), safe='/')}"
