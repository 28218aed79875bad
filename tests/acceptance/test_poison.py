"""Poison of every kind in the stream of a real worker: it goes on, and the poison is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import redis

from tests.support.drains import STREAM, an_event, put, stored_ids
from tests.support.stacks import dead_letters, is_drained, running
from tests.support.waiting import until
from trailkeeper.producer.wire import encode

KILLER = b"kill whoever reads this"
DIE_ON_SIGHT = f"""
import os, signal
import trailkeeper.worker.ingest.judge as judge
real = judge.decode

def decode(raw, **options):
    if {KILLER!r} in raw:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(raw, **options)

judge.decode = decode
"""
"""Stands in for a fault in C code that one message triggers; loaded into the real worker at its start."""


def poison() -> list[bytes]:
    good = msgspec.json.decode(encode(an_event()))
    changes: list[dict[str, Any]] = [
        {"v": 99},
        {"tag": "no:such:tag"},
        {"tag": 7},
        {"user": {"id": "a\0b"}},
        {"ip": "not an address"},
        {"occurred_at": "2999-01-01T00:00:00Z"},
        {"id": "ffffffff-ffff-7fff-bfff-ffffffffffff"},
        {"additional": {"big": "x" * 70_000}},
        {"actor": None},
    ]
    altered = [msgspec.json.encode({**good, **change}) for change in changes]
    return [b"", b"not json", b"\xff\xfe\x00", b"[" * 60_000, b"{}", b"null", *altered]


def test_poison_never_stalls_the_stream_and_is_kept_with_its_reason(services_folder: Path) -> None:
    with running(services_folder / "poison") as stack, redis.Redis.from_url(stack.redis_url) as client:
        good = [an_event() for _ in range(200)]
        bad = poison()
        for number, event in enumerate(good):
            put(client, event, *bad[number : number + 1])
        client.xadd(STREAM, {"unexpected": "field"})
        until(lambda: is_drained(stack), 60, "the stream is empty")

        assert set(stored_ids(stack.database_url)) == {event.id for event in good}
        assert sum(dead_letters(stack).values()) == len(bad) + 1
        assert {"not_json", "wrong_shape", "unknown_version", "unknown_tag", "bad_text", "bad_time"} < set(
            dead_letters(stack)
        )


def test_a_message_that_kills_its_worker_is_rotate_file_and_the_rest_is_stored(
    services_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(DIE_ON_SIGHT)
    tmp_path.chmod(0o755)

    with (
        running(services_folder / "killer", {"PYTHONPATH": str(tmp_path)}) as stack,
        redis.Redis.from_url(stack.redis_url) as client,
    ):
        good = [an_event() for _ in range(50)]
        put(client, *good[:25], encode(an_event(request_id=KILLER.decode())), *good[25:])
        until(lambda: is_drained(stack), 240, "the stream is empty")

        assert set(stored_ids(stack.database_url)) == {event.id for event in good}
        assert dead_letters(stack) == {"killed_worker": 1}
