"""Checks of Redis: version, access, persistence, eviction, memory."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import redis
from msgspec.structs import replace

from trailkeeper.cli.status.in_redis import refusal
from trailkeeper.producer.redis_client import connect, redis_translated
from trailkeeper.producer.settings import variable
from trailkeeper.producer.transports.address import RedisAddress
from trailkeeper.producer.transports.shards import Shard, servers_of
from trailkeeper.producer.transports.url import is_cluster, is_sentinel, is_tls
from trailkeeper.worker.settings import WorkerSettings
from trailkeeper.worker.settings import settings as worker_settings

from .finding import Finding, ok, problem, warning

OLDEST = (6, 2)
HEADROOM = 0.8
COVERAGE = "cluster-require-full-coverage"
HIDDEN = "CONFIG is not allowed"


def redis_server() -> Iterator[Finding]:
    """Check the server, or each of them.

    Raises:
        StreamUnavailable: one did not answer.
    """
    settings = worker_settings()
    servers = servers_of(settings)
    for server in servers:
        with connect(server) as client, redis_translated():
            facts = client.info(), _setting(client, "maxmemory-policy"), _setting(client, "appendonly")
            coverage = _setting(client, COVERAGE) if is_cluster(server.url) else None
        for finding in [*_findings(server, *facts, settings), *_coverage(coverage)]:
            where = f"{RedisAddress(server.url)} {server.key}: "
            yield finding if len(servers) == 1 else replace(finding, found=where + finding.found)


def _findings(
    server: Shard,
    info: Mapping[str, Any],
    policy: str | None,
    appendonly: str | None,
    settings: WorkerSettings,
) -> Iterator[Finding]:
    yield from _access(server)
    yield _version(info)
    yield _persistence(info, appendonly)
    yield from _errors(info)
    yield _eviction(info, policy)
    yield _memory(info)
    yield from _replicas(server.url, info, settings)
    if (refused := refusal(info)) is not None:
        advice = (
            "give it memory, or bring back what empties it (Postgres, workers); events are spooled meanwhile"
        )
        yield problem("Redis writes", f"refused: {refused}", advice)


def _access(server: Shard) -> Iterator[Finding]:
    """Whether others who reach a server on another machine can log in or listen."""
    place = urlsplit(server.url)
    if place.scheme == "unix" or _is_local(place.hostname or "localhost"):
        return
    if _accepts_no_password(server):
        advice = "set a password (requirepass), or `user default off` and the users of docs/redis.acl"
        yield warning("Redis access", "the default user needs no password", advice)
    if not is_tls(server.url):
        advice = "use rediss:// unless the network between is your own"
        yield warning("Redis transport", "what goes there can be read on the way", advice)


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _accepts_no_password(server: Shard) -> bool:
    place = urlsplit(server.url)
    anonymous = place._replace(netloc=place.netloc.rpartition("@")[2])
    with connect(server._replace(url=urlunsplit(anonymous))) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False  # it asks for a password


def _setting(client: redis.Redis, name: str) -> str | None:
    """A setting's value; None if a managed server hides it."""
    try:
        values: Any = client.config_get(name)
    except redis.ResponseError:
        return None
    return next((_text(value) for key, value in values.items() if _text(key) == name), None)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _version(info: Mapping[str, Any]) -> Finding:
    name = "Valkey" if "valkey_version" in info else "Redis"
    version = str(info.get("valkey_version") or info.get("redis_version", "0"))
    if _number(str(info.get("redis_version", "0"))) < OLDEST:
        return problem(
            "Redis version", f"{name} {version}", "use Redis 6.2 or later, or Valkey: XAUTOCLAIM is needed"
        )
    return ok("Redis version", f"{name} {version}")


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def _persistence(info: Mapping[str, Any], appendonly: str | None) -> Finding:
    check = "Redis persistence"
    # INFO says it too, and is not hidden by managed servers
    if info.get("aof_enabled") or appendonly == "yes":
        return ok(check, "the append-only file is on")
    advice = "set `appendonly yes`, or events that wait in the stream are lost when Redis stops"
    return problem(check, "the append-only file is off", advice)


def _errors(info: Mapping[str, Any]) -> Iterator[Finding]:
    for name in ("aof_last_write_status", "aof_last_bgrewrite_status", "rdb_last_bgsave_status"):
        if info.get(name, "ok") != "ok":
            advice = "see Redis' log and its disk: its data is not safe"
            yield problem("Redis persistence", f"{name} is {info[name]}", advice)


def _eviction(info: Mapping[str, Any], policy: str | None) -> Finding:
    in_force = policy or info.get("maxmemory_policy")
    if in_force is None:
        advice = "see in the provider's console that the policy is noeviction"
        return warning("Redis eviction", f"maxmemory-policy is not known: {HIDDEN}", advice)
    if in_force == "noeviction":
        return ok("Redis eviction", "nothing is evicted")
    advice = "set `maxmemory-policy noeviction`, or a full Redis drops events instead of refusing them"
    return problem("Redis eviction", f"maxmemory-policy is {in_force}", advice)


def _replicas(url: str, info: Mapping[str, Any], settings: WorkerSettings) -> Iterator[Finding]:
    """Whether as many replicas are there as have to have an event, and one that may be away."""
    check, wanted, there = "Redis replicas", settings.redis_replicas, int(info.get("connected_slaves", 0))
    name = variable("redis_replicas")
    if there < wanted:
        advice = f"bring one back, or lower {name}: until then every event is spooled"
        yield problem(check, f"{there} of the {wanted} that have to have each event", advice)
    elif wanted and there == wanted:
        advice = "have one more, or every event is spooled while one is away"
        yield warning(check, f"{there}, and each of them has to have each event", advice)
    elif (is_sentinel(url) or is_cluster(url)) and not wanted:
        advice = f"set {name}=1, or a failover loses what was confirmed in the master's last moments"
        yield warning(check, f"{there}, and none has to have an event before it counts as taken", advice)
    elif wanted:
        yield ok(check, f"{there}, of which {wanted} have to have each event")


def _coverage(setting: str | None) -> Iterator[Finding]:
    """Whether a Cluster of which a part is away goes on with the rest."""
    if setting == "yes":
        advice = f"set `{COVERAGE} no`: else nodes that are well refuse everything while another is away"
        yield warning("Redis Cluster", f"{COVERAGE} is yes", advice)


def _memory(info: Mapping[str, Any]) -> Finding:
    used, most = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    most = most or int(info.get("total_system_memory", 0))
    if not most:
        return ok("Redis memory", f"{used / 1e6:,.0f} MB used")
    usage = f"{used / 1e6:,.0f} of {most / 1e6:,.0f} MB used"
    if used > HEADROOM * most:
        return warning("Redis memory", usage, "raise maxmemory, or find out why the backlog is not drained")
    return ok("Redis memory", usage)
