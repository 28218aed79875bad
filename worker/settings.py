"""The worker's settings; the one module of this package that reads the environment."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal

import msgspec

from trailkeeper.producer.redis_settings import RedisSettings
from trailkeeper.producer.settings import (
    ENCODED,
    HOST_AND_PORT,
    SCHEMA,
    DatabaseUrl,
    FingerprintKey,
    Items,
    Milliseconds,
    Paths,
    RedisUrl,
    Replicas,
    SchemaName,
    Seconds,
    SpoolPath,
    read,
)

MINIMUM_DAYS = 30
"""Guards against emptying the trail by a typing error; a single tag may be kept for less."""
MAXIMUM_DAYS = 36_500

Days = Annotated[
    Annotated[int, msgspec.Meta(ge=MINIMUM_DAYS, le=MAXIMUM_DAYS)] | Literal["forever"],
    msgspec.Meta(extra={"expected": f"{MINIMUM_DAYS} to {MAXIMUM_DAYS:,} days, or forever"}),
]
Age = Annotated[
    Annotated[int, msgspec.Meta(ge=1, le=MAXIMUM_DAYS)] | Literal["never"],
    msgspec.Meta(extra={"expected": f"1 to {MAXIMUM_DAYS:,} days, or never"}),
]

DrainSeconds = Annotated[float, msgspec.Meta(ge=0.1, le=60, extra={"expected": "0.1 to 60 seconds"})]
"""Far below the time limit of tasks (celeryconfig.py), which kills what it meets in the middle of a batch."""
LeaseSeconds = Annotated[float, msgspec.Meta(ge=1, le=86_400, extra={"expected": "1 to 86,400 seconds"})]
"""A shorter one would take messages over from a drain that is about to store them."""

BROKER_HOST = HOST_AND_PORT.replace("#:@", "#:@,;")
ONE_BROKER = (
    r"(azure[a-z]+://[^\s;\[\]]+"  # whose keys have slashes, and which Kombu reads in its own way
    rf"|[A-Za-z][\w.+-]*://([^\s/?#;\[\]]*@)?{BROKER_HOST}(,{BROKER_HOST})*([/?][^@\s;]*)?)"
)
BrokerUrl = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"^{ONE_BROKER}(;{ONE_BROKER})*\Z",
        extra={
            "expected": f"a URL that Celery takes, such as redis://:password@host:6379/1; {ENCODED}",
        },
    ),
]

VerifyKeys = Annotated[
    tuple[Annotated[str, msgspec.Meta(pattern=r"^[^:,\s]+:[^,\s]{32,}$")], ...],
    msgspec.Meta(
        extra={
            "separator": ",",
            "expected": "name:secret, or several of them with commas between; secrets of 32 bytes or more",
        }
    ),
]


class WorkerSettings(RedisSettings, frozen=True, kw_only=True):
    """What workers and beat need to know.

    Attributes:
        redis_url: where the stream is; also Celery's broker unless `broker_url` is given.
        redis_replicas: how many replicas have to have an event of the spool before it counts as delivered.
        broker_url: where Celery's own messages go, if not to `redis_url`.
        database_url: where events are stored; ``postgresql+psycopg2://``.
        schema: the Postgres schema that has our tables.
        stream: key of the Redis Stream.
        spool: file from which a worker delivers what producers on its host keep there, or ``off``.
        catalogue: TOML files with the application's own event types.
        geoip: MaxMind-format files: cities or countries for locations, ASNs for networks; the first that
            knows a value wins.
        batch_size: messages stored in one transaction.
        dispatch_ms: how often the worker looks whether there is something to drain.
        outbox_ms: how often the worker looks into the outbox while nothing is there; more often after a find.
        drain_seconds: the longest that one drain runs, far below the 300 s after which tasks are killed; a
            warm shutdown waits for it.
        lease_seconds: how long a message may be held before another drain takes it over.
        retention_user_days: how long user events are kept: days, or ``forever``.
        retention_project_days: how long project events are kept: days, or ``forever``.
        retention_organization_days: how long organization events are kept: days, or ``forever``.
        retention_system_days: how long system events are kept: days, or ``forever``.
        scrub_address_days: after how many days an address becomes its network (/24 or /48), or ``never``.
        scrub_days: after how many days an event loses its address, location, client, network, names and
            personal payload keys, or ``never``.
        secrets: what becomes of a password, token or key in the payload of an event that another producer
            wrote: ``redact`` or ``refuse`` put a mark in its place, ``allow`` keeps it.
        secret_words: words in the names of payload keys that tell a secret, besides those we know.
        fingerprint_key: secret of 32 characters or more, the same for applications and workers, for the
            fingerprints of sessions and removed secrets.
        verify_keys: keys with which messages may be signed, each ``name:secret`` or, good for one producer's
            events only, ``name@producer:secret``; with any of them, what is not signed is refused.
        gap_grace_seconds: how long an event may be missing before that is reported.
        old_partitions: how many partitions of the past there may be before messages may make no more: many
            make every page slower. What an admin imports makes as many as it needs.
    """

    redis_url: RedisUrl = "redis://127.0.0.1:6379/0"
    redis_replicas: Replicas = 0
    broker_url: BrokerUrl | None = None
    database_url: DatabaseUrl = "postgresql+psycopg2://postgres@127.0.0.1:5432/postgres"
    schema: SchemaName = SCHEMA
    stream: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] = "trailkeeper:events"
    spool: SpoolPath = None
    catalogue: Paths = ()
    geoip: Paths = ()
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 2_000
    dispatch_ms: Milliseconds = 100
    outbox_ms: Milliseconds = 1000
    drain_seconds: DrainSeconds = 5.0
    lease_seconds: LeaseSeconds = 30.0
    retention_user_days: Days = 365
    retention_project_days: Days = "forever"
    retention_organization_days: Days = "forever"
    retention_system_days: Days = "forever"
    scrub_address_days: Age = 365
    scrub_days: Age = "never"
    verify_keys: VerifyKeys = ()
    gap_grace_seconds: Seconds = 900.0
    old_partitions: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 200
    secrets: Literal["redact", "refuse", "allow"] = "redact"
    secret_words: Items = ()
    fingerprint_key: FingerprintKey | None = None


@cache
def settings() -> WorkerSettings:
    """The settings of this process, read once.

    Raises:
        SettingsError: names the variable, its value and what was expected.
    """
    return read(WorkerSettings)
