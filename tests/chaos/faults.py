"""What goes wrong: each fault hurts the room for the time of its block, and heals it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial

import msgspec
import psutil

from .processes import Network
from .proxy import MODES, Mode
from .room import Room

Hurt = Callable[[Room, random.Random], AbstractContextManager[None]]
ONE, SEVERAL = frozenset({"valkey", "redis_8"}), frozenset({"sentinels", "cluster"})
CLOCK_JUMP = 600
"""Seconds. Less than the hour ahead of the worker's clock at which an event's time is no longer believed."""


class Fault(msgspec.Struct, frozen=True):
    """One way to hurt a room.

    Attributes:
        name: as the scorecard counts it.
        hurt: hurts while its block runs.
        seconds: how long at most the block runs.
        servers: in which plans it can happen.
    """

    name: str
    hurt: Hurt
    seconds: float = 3.0
    servers: frozenset[str] = ONE | SEVERAL


@contextmanager
def _kill_pool(room: Room, choice: random.Random) -> Iterator[None]:
    _kill(room.pool()[:1])
    yield


@contextmanager
def _kill_worker(room: Room, choice: random.Random) -> Iterator[None]:
    _kill_child(room, "worker")
    yield


@contextmanager
def _kill_beat(room: Room, choice: random.Random) -> Iterator[None]:
    _kill_child(room, "beat")
    yield


@contextmanager
def _kill_web(room: Room, choice: random.Random) -> Iterator[None]:
    choice.choice(room.webs).kill()
    yield


@contextmanager
def _crash_redis(room: Room, choice: random.Random) -> Iterator[None]:
    room.redis.kill()
    try:
        yield
    finally:
        room.redis.start()


@contextmanager
def _hang_redis(room: Room, choice: random.Random) -> Iterator[None]:
    """It comes back and takes itself for what it was, until the others tell it otherwise."""
    room.redis.hang()
    yield


@contextmanager
def _move(room: Room, choice: random.Random) -> Iterator[None]:
    room.redis.move()
    yield


@contextmanager
def _crash_postgres(room: Room, choice: random.Random) -> Iterator[None]:
    room.postgres.stop("immediate")
    try:
        yield
    finally:
        room.postgres.start()


@contextmanager
def _fill_disk(room: Room, choice: random.Random) -> Iterator[None]:
    """No event fits into the spool, just when it is needed."""
    _order(room, "disk full")
    try:
        with _network(room, choice, which=_web_to_redis, mode="refuse"):
            yield
    finally:
        _order(room, "disk free")


@contextmanager
def _jump(room: Room, choice: random.Random) -> Iterator[None]:
    _order(room, f"clock {choice.choice((CLOCK_JUMP, -CLOCK_JUMP))}")
    try:
        yield
    finally:
        _order(room, "clock 0")


@contextmanager
def _network(
    room: Room, choice: random.Random, *, which: Callable[[Room], Network], mode: Mode
) -> Iterator[None]:
    which(room).turn(mode)
    try:
        yield
    finally:
        which(room).turn("pass")


def _web_to_redis(room: Room) -> Network:
    return room.web_to_redis


def _worker_to_redis(room: Room) -> Network:
    return room.worker_to_redis


def _worker_to_postgres(room: Room) -> Network:
    return room.worker_to_postgres


def _order(room: Room, line: str) -> None:
    for web in room.webs:
        web.order(line)


def _kill_child(room: Room, name: str) -> None:
    if pid := room.stack.pids().get(name):
        with suppress(psutil.NoSuchProcess):
            _kill([psutil.Process(pid)])


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # it was just being replaced
            process.kill()


NETWORKS = {
    "web to Redis": _web_to_redis,
    "worker to Redis": _worker_to_redis,
    "worker to Postgres": _worker_to_postgres,
}

FAULTS: tuple[Fault, ...] = (
    Fault("kill a pool process", _kill_pool, 0.5),
    Fault("kill the worker", _kill_worker, 0.5),
    Fault("kill beat", _kill_beat, 0.5),
    Fault("kill a web process", _kill_web, 0.5),
    Fault("crash Redis", _crash_redis),
    Fault("hang Redis' master", _hang_redis, 0.5, SEVERAL),
    Fault("move the stream", _move, 0.5, frozenset({"cluster"})),
    Fault("crash Postgres", _crash_postgres),
    Fault("disk full, Redis away", _fill_disk, servers=ONE),
    Fault("clock jumps ten minutes", _jump),
    *(
        Fault(
            f"{mode} {name}",
            partial(_network, which=which, mode=mode),
            servers=ONE if "Redis" in name else ONE | SEVERAL,
        )
        for name, which in NETWORKS.items()
        for mode in MODES
        if mode != "pass"
    ),
)
