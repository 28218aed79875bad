"""Settings of TLS to Redis, which become part of its URL: so every client reads them alike, Celery's too."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import msgspec

from .errors import SettingsError

SECURE = "rediss://"
OPTIONS = {"redis_tls_ca": "ssl_ca_certs", "redis_tls_cert": "ssl_certfile", "redis_tls_key": "ssl_keyfile"}
"""By setting, as the URL calls it."""


class RedisTls(msgspec.Struct, frozen=True, kw_only=True):
    """What settings have in common that hold a URL of Redis.

    Attributes:
        redis_tls_ca: PEM file of the authorities that may vouch for Redis, for ``rediss://``; without it,
            the system's.
        redis_tls_cert: PEM file of the certificate that we show to Redis.
        redis_tls_key: PEM file of its key, if it is not in the same file.
    """

    redis_tls_ca: str | None = None
    redis_tls_cert: str | None = None
    redis_tls_key: str | None = None

    def __post_init__(self) -> None:
        """Write them into `redis_url`, and into `broker_url` where that is of Redis over TLS."""
        options = {name: getattr(self, setting) for setting, name in OPTIONS.items()}
        given = {name: value for name, value in options.items() if value is not None}
        url: str | None = getattr(self, "redis_url", None)
        if given and url is not None and not url.startswith(SECURE):
            raise SettingsError(f"TRAILKEEPER_REDIS_TLS_* are set, but TRAILKEEPER_REDIS_URL is no {SECURE}")
        for setting in ("redis_url", "broker_url"):
            if (found := getattr(self, setting, None)) is not None:
                msgspec.structs.force_setattr(self, setting, with_tls(found, given))


def with_tls(url: str, options: dict[str, str]) -> str:
    """A URL with options of TLS, where it is one over TLS; what it says itself stands.

    Redis' client verifies the server's certificate and name unless it is told otherwise. Celery's speaks
    plain text to a ``rediss://`` that says nothing of certificates, so it is always said.
    """
    if not url.startswith(SECURE):
        return url
    place, _, query = url.partition("?")
    return f"{place}?{urlencode({'ssl_cert_reqs': 'required'} | options | dict(parse_qsl(query)), safe='/')}"
