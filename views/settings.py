"""The read side's settings; the one module of this package that reads the environment."""

from __future__ import annotations

import os
from datetime import datetime
from functools import cache
from typing import Annotated

import msgspec

from trailkeeper.producer.redis_settings import RedisSettings
from trailkeeper.producer.settings import (
    SCHEMA,
    DatabaseUrl,
    Items,
    Milliseconds,
    Paths,
    RedisUrl,
    SchemaName,
    read,
    variable,
)

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Prefix = Annotated[
    str, msgspec.Meta(pattern=r"^(/[A-Za-z0-9._~-]+)*/?$", extra={"expected": "a path such as /audit"})
]
Secret = Annotated[str, msgspec.Meta(min_length=32, extra={"expected": "at least 32 characters"})]


class ViewsSettings(RedisSettings, frozen=True, kw_only=True):
    """What API and pages need to know.

    Attributes:
        redis_url: where the stream is; its backlog is shown, and what admins look at is recorded there.
        database_url: where events are read; ``postgresql+psycopg2://``.
        views_database_url: where the views read instead, as a role that may read, and place admin commands.
        read_database_url: a replica that histories, exports and live tails are read from instead; pages and
            answers say how old it is.
        schema: the Postgres schema that has our tables.
        stream: key of the Redis Stream.
        catalogue: TOML files with the application's own event types.
        token_secret: signs and verifies viewers' tokens (HS256); at least 32 characters.
        token_public_key: PEM file that verifies viewers' tokens instead (RSA, elliptic curve or Ed25519).
        token_audience: what a token must name as its ``aud``.
        token_issuer: what a token must name as its ``iss``; without it, any.
        token_not_before: tokens issued before this time, or without a time, are refused: for when many were
            leaked.
        revoked_tokens: ids (``jti``) of single tokens that are refused.
        views_host: address that the service listens on.
        views_port: port that the service listens on; 0 for any free one.
        views_prefix: path of the host that the service is below, such as ``/audit``; empty for all of it.
        views_pool: the most connections to the database for pages and answers at once, in each process; a
            fifth is for who is not signed in, a fifth is kept for admins. Exports, live tails and commands
            have up to nine more.
        views_secret: protects cursors, live tails and forms, the same in all processes; without it, the one
            that `trailkeeper migrate` made and keeps in the database. At least 32 characters.
        views_statement_ms: the longest that one query may run.
        cookie_secure: send the session cookie over HTTPS only.
        metrics_token: a bearer token that may read `/metrics`, and nothing else; without it only staff may.
        trusted_proxies: addresses and networks whose ``X-Forwarded-For`` is believed. With any of them, so is
            that of a peer on a Unix socket; ``unix`` stands for such peers alone. ``*`` is refused.
    """

    redis_url: RedisUrl = "redis://127.0.0.1:6379/0"
    database_url: DatabaseUrl = "postgresql+psycopg2://postgres@127.0.0.1:5432/postgres"
    views_database_url: DatabaseUrl | None = None
    read_database_url: DatabaseUrl | None = None
    schema: SchemaName = SCHEMA
    stream: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] = "trailkeeper:events"
    catalogue: Paths = ()
    token_secret: Secret | None = None
    token_public_key: Word | None = None
    token_audience: Word = "trailkeeper"  # noqa: S105 - a name, no secret
    token_issuer: Word | None = None
    token_not_before: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    revoked_tokens: Items = ()
    views_host: Word = "127.0.0.1"
    views_port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 8460
    views_prefix: Prefix = ""
    views_pool: Annotated[int, msgspec.Meta(ge=1, le=200)] = 10
    views_secret: Secret | None = None
    views_statement_ms: Milliseconds = 5_000
    cookie_secure: bool = True
    metrics_token: Secret | None = None
    trusted_proxies: Items = ()


@cache
def settings() -> ViewsSettings:
    """The settings of this process, read once.

    Raises:
        SettingsError: names the variable, its value and what was expected.
    """
    return read(ViewsSettings)


def override(name: str, value: str) -> None:
    """Set a setting for this process and for the processes that it starts."""
    os.environ[variable(name)] = value
    settings.cache_clear()
