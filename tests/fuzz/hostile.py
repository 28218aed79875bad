"""Messages as nobody sends them but somebody who means harm: real ones, changed at random."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from msgspec import UNSET

from trailkeeper.producer import catalogue
from trailkeeper.producer.event import Actor, Credential, Event, Subject
from trailkeeper.producer.ids import uuid7
from trailkeeper.producer.wire import encode

Entry = dict[bytes, bytes]
"""The fields of a stream entry."""

LONGEST = 200_000
DEEPEST = 3_000
TOKENS = (
    b"\0",
    b"\\u0000",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\\ud800",
    b'"',
    b"\\",
    b"{",
    b"]",
    b"1e999",
    b"-0",
    b"NaN",
    b"9" * 400,
    b"\x1b[2J",
    b"\r\n",
    b"\t",
    b"\\.",
    b"'; DROP TABLE events; --",
)
"""What parsers, terminals and COPY are known to trip over."""

VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    2**31,
    2**63,
    2**64 + 1,
    10**300,
    1.5e308,
    "",
    " ",
    "\N{REPLACEMENT CHARACTER}",
    "a" * 5_000,
    [],
    [[]],
    {},
    {"": {}},
    {"id": None},
    {"id": ["x"], "name": 7},
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "2026-02-30T00:00:00Z",
    "2026-11-24T10:00:00",
    "00000000-0000-0000-0000-000000000000",
    "::ffff:1.2.3.4",
    "fe80::1%eth0",
    "1.2.3.4.5",
)


def entries(seed: int, count: int) -> Iterator[Entry]:
    """So many entries, the same for the same seed save for their times and ids."""
    chance = random.Random(seed)
    tags = [kind.tag for kind in catalogue.load(())]
    for _ in range(count):
        yield _entry(chance, encode(_event(chance, tags)))


def _event(chance: random.Random, tags: list[str]) -> Event:
    now = datetime.now(UTC)
    number = chance.randrange(1_000_000)
    who = Subject(id=f"u{number}", name="Ann")
    credential = Credential(kind="api_token", id=f"t{number}", label="CI")
    return Event(
        id=uuid7(now),
        tag=chance.choice(tags),
        occurred_at=now,
        user=who,
        project=Subject(id=f"p{number}"),
        actor=Actor(kind="user", id=who.id, name=who.name, credential=credential),
        ip=f"8.8.{number % 250}.{number % 199}",
        user_agent="twine/5.1.0 CPython/3.12.3",
        request_id=f"r{number}",
        additional={"version": "1.0", "nested": {"list": [1, "two", None]}},
        producer=chance.choice(("web-1:7:ab", "web-2:8:cd", UNSET)),
        seq=chance.choice((number + 1, number + 1, 2**31 - 2, 2**31 - 1, UNSET)),
        voids=chance.choice((UNSET, UNSET, UNSET, [number + 2, 2**31 - 2])),
    )


def _entry(chance: random.Random, payload: bytes) -> Entry:
    for _ in range(chance.choice((0, 1, 1, 1, 2, 5))):
        payload = chance.choice(CHANGES)(chance, payload)
    entry = {b"e": payload[:LONGEST]}
    if chance.random() < 0.02:
        entry = chance.choice(
            ({}, {b"x": payload}, {b"e": payload, b"invalid": payload}, {**entry, b"s": payload[:90]})
        )
    return entry or {b"": b""}


def _flip(chance: random.Random, payload: bytes) -> bytes:
    changed = bytearray(payload or b"\0")
    changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(chance: random.Random, payload: bytes) -> bytes:
    return payload[: chance.randrange(len(payload) + 1)]


def _insert(chance: random.Random, payload: bytes) -> bytes:
    place = chance.randrange(len(payload) + 1)
    return payload[:place] + chance.choice(TOKENS) + payload[place:]


def _repeat(chance: random.Random, payload: bytes) -> bytes:
    return payload * chance.choice((2, 3, 50))


def _nest(chance: random.Random, payload: bytes) -> bytes:
    depth = chance.randrange(DEEPEST)
    opening, closing = chance.choice(((b"[", b"]"), (b'{"a":', b"}")))
    return payload.replace(b'"1.0"', opening * depth + b"1" + closing * depth)


def _swap(chance: random.Random, payload: bytes) -> bytes:
    """Another value at a place of the JSON, or another key."""
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return payload
    inner = found
    while isinstance(inner, dict) and inner:
        key = chance.choice(list(inner))
        if isinstance(inner[key], dict) and chance.random() < 0.7:
            inner = inner[key]
            continue
        name = chance.choice((key, key, key, f"{key}\0", "v", "additional", "b" * 300))
        inner[name] = chance.choice(VALUES)
        break
    return json.dumps(found).encode()


CHANGES: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _flip,
    _cut,
    _insert,
    _repeat,
    _nest,
    _swap,
    _swap,
    _swap,
)
