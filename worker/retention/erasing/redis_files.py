"""Redis' append-only file and snapshot keep what was deleted until they are rewritten."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import redis

from trailkeeper.producer.counted import counted
from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.redis_client import connect, redis_translated
from trailkeeper.producer.transports.shards import StreamSettings, servers_of

LOOK_SECONDS = 0.1
COMMANDS = ("BGREWRITEAOF", "BGSAVE")


def rewrite_all_files(settings: StreamSettings, seconds: float) -> list[str]:
    """Have each server of the streams rewrite its files, and wait until it has.

    Args:
        settings: name the servers.
        seconds: the longest to wait for each file.

    Returns:
        What was not rewritten, and what to do about it; empty if all was.
    """
    left = list[str]()
    for shard in servers_of(settings):
        with connect(shard) as client:
            left += _rewrite(client, seconds)
    return left


def _rewrite(client: redis.Redis, seconds: float) -> list[str]:
    try:
        state = _state(client)
    except StreamUnavailable as error:
        return [f"Redis' files: {error}; {_advice(' and '.join(COMMANDS))}"]
    files = [_AOF] if state["aof_enabled"] else []
    files += [_SNAPSHOT] if _has_snapshot(client, state) else []
    left = [
        f"Redis' {file.name}, not rewritten yet: {problem}; {_advice(file.command)}"
        for file in files
        if (problem := _problem(client, file, seconds))
    ]
    if replicas := int(state.get("connected_slaves", 0)):
        # replicas delete what their master deletes, and rewrite their files when they want
        advice = _advice(" and ".join(COMMANDS))
        left.append(f"the files of {counted(replicas, 'replica')} of Redis: on each, {advice}")
    return left


class _File(NamedTuple):
    """One of them: what rewrites it, and what Redis says of that."""

    name: str
    command: str
    running: tuple[str, ...]
    status: str


_AOF = _File(
    "append-only file",
    "BGREWRITEAOF",
    ("aof_rewrite_in_progress", "aof_rewrite_scheduled"),
    "aof_last_bgrewrite_status",
)
_SNAPSHOT = _File("snapshot", "BGSAVE", ("rdb_bgsave_in_progress",), "rdb_last_bgsave_status")


def _problem(client: redis.Redis, file: _File, seconds: float) -> str | None:
    try:
        _wait(client, file, seconds)  # one that began before the erasure ended is not enough
        with redis_translated():
            client.execute_command(file.command)  # type: ignore[no-untyped-call]  # as published
        _wait(client, file, seconds)
        return None if _state(client)[file.status] == "ok" else "Redis could not write it"
    except (StreamUnavailable, TimeoutError) as error:
        return str(error)


def _wait(client: redis.Redis, file: _File, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while any(_state(client).get(name) for name in file.running):
        if time.monotonic() > deadline:
            raise TimeoutError(f"it took longer than {seconds:g} s")
        time.sleep(LOOK_SECONDS)


def _has_snapshot(client: redis.Redis, state: dict[str, Any]) -> bool:
    """Whether there may be one: it is saved by rules, was saved since the start, or nobody may ask."""
    try:
        with redis_translated():
            rules: Any = client.config_get("save")
    except StreamUnavailable:
        return True
    return bool(rules.get("save")) or state.get("rdb_saves", 0) > 0


def _advice(command: str) -> str:
    return f"run {command} as its administrator"


def _state(client: redis.Redis) -> dict[str, Any]:
    with redis_translated():
        found: Any = client.info("persistence") | client.info("replication")
    return dict(found)
