"""With keys, what nobody signed never becomes an event; what was signed does, by every way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from msgspec.structs import replace
from sqlalchemy import Engine

from tests.support.drains import STREAM, an_event, entries, put, query, settings_for, stored_ids
from trailkeeper import Emitter, ProducerSettings
from trailkeeper.models.backfills import ReplayFilters
from trailkeeper.models.backfills.dead_letters import last_id
from trailkeeper.models.engine import transaction
from trailkeeper.producer import catalogue
from trailkeeper.producer.wire import encode
from trailkeeper.worker.backfills import Requests, Runner
from trailkeeper.worker.counting import check
from trailkeeper.worker.drain import Drainer
from trailkeeper.worker.relay import Relayer
from trailkeeper.worker.settings import WorkerSettings

SECRET = "0123456789abcdef0123456789abcdef"
OTHER = "fedcba9876543210fedcba9876543210"
LOGIN = "account:login:success"
SECONDS = 20.0


@pytest.fixture
def settings(redis_url: str, database_url: str) -> Callable[..., WorkerSettings]:
    return lambda *keys: settings_for(redis_url, database_url, spool="off", verify_keys=keys)


@pytest.fixture
def drain(settings: Callable[..., WorkerSettings]) -> Iterator[Callable[..., dict[str, int]]]:
    """Drain with these keys; returns how many messages met which fate."""
    made: list[Drainer] = []

    def run(*keys: str) -> dict[str, int]:
        made.append(Drainer(settings(*keys), f"here/{len(made)}"))
        return made[-1].run(SECONDS).counts()

    yield run
    for drainer in made:
        drainer.close()


def an_emitter(redis_url: str, secret: str | None = SECRET, **changes: Any) -> Emitter:
    key = None if secret is None else f"web:{secret}"
    return Emitter(ProducerSettings(redis_url=redis_url, spool="off", signing_key=key, **changes))


def test_what_an_emitter_with_a_key_sends_is_stored(
    redis_url: str, database_url: str, drain: Callable[..., dict[str, int]]
) -> None:
    emitter = an_emitter(redis_url)
    found = emitter.emit(LOGIN, user="u1")
    emitter.close()

    assert drain(f"web:{SECRET}") == {"stored": 1}
    assert stored_ids(database_url) == [found]


def test_without_keys_a_worker_asks_for_nothing(redis_url: str, drain: Callable[..., dict[str, int]]) -> None:
    for secret in (SECRET, None):
        emitter = an_emitter(redis_url, secret)
        emitter.emit(LOGIN, user="u1")
        emitter.close()

    assert drain() == {"stored": 2}


def test_what_is_not_signed_or_forged_is_a_dead_letter_that_no_tally_counts(
    client: redis.Redis, redis_url: str, database_url: str, drain: Callable[..., dict[str, int]]
) -> None:
    raw = encode(an_event(producer="elsewhere:1", seq=7))
    put(client, raw)
    client.xadd(STREAM, {"e": raw, "s": b"web:" + b"0" * 64})
    client.xadd(STREAM, {"e": raw, "s": b"\xff\x00"})
    emitter = an_emitter(redis_url, OTHER)
    emitter.emit(LOGIN, user="u1")
    emitter.close()

    assert drain(f"web:{SECRET}") == {"dead_lettered": 4}
    letters = query(database_url, "SELECT reason, raw, signature FROM dead_letters ORDER BY stream_id")
    assert [row["reason"] for row in letters] == ["unsigned", "forged", "forged", "forged"]
    assert bytes(letters[0]["raw"]) == raw
    assert letters[0]["signature"] is None
    assert bytes(letters[2]["signature"]) == b"\xff\x00"
    assert query(database_url, "SELECT * FROM event_counts") == []


def test_a_byte_changed_on_the_way_is_noticed(
    client: redis.Redis, redis_url: str, drain: Callable[..., dict[str, int]]
) -> None:
    emitter = an_emitter(redis_url)
    emitter.emit(LOGIN, user="u1")
    emitter.close()
    [fields] = entries(redis_url)
    client.delete(STREAM)
    changed = {**fields, b"e": fields[b"e"].replace(b'"u1"', b'"u2"')}
    client.xadd(STREAM, changed)  # type: ignore[arg-type]  # invariant in its keys

    assert drain(f"web:{SECRET}") == {"dead_lettered": 1}


def test_a_quarantined_message_is_kept_as_such_when_it_is_signed(
    redis_url: str, database_url: str, drain: Callable[..., dict[str, int]]
) -> None:
    for secret in (SECRET, OTHER):
        emitter = an_emitter(redis_url, secret, on_invalid="quarantine")
        emitter.emit("no:such:tag")
        emitter.close()

    drain(f"web:{SECRET}")

    letters = query(database_url, "SELECT reason FROM dead_letters ORDER BY id")
    assert [row["reason"] for row in letters] == ["quarantined", "forged"]


def test_letters_are_checked_again_when_they_are_replayed_with_another_key(
    engine: Engine,
    redis_url: str,
    database_url: str,
    drain: Callable[..., dict[str, int]],
    settings: Callable[..., WorkerSettings],
) -> None:
    emitter = an_emitter(redis_url, OTHER, on_invalid="quarantine", producer_name="shop")
    found = emitter.emit(LOGIN, user="u1")
    emitter.emit("no:such:tag")
    emitter.close()
    drain(f"web:{SECRET}")

    replay(engine, settings(f"web:{SECRET}"))
    refused = query(database_url, "SELECT reason FROM dead_letters ORDER BY id")
    replay(engine, settings(f"web:{SECRET}", f"web:{OTHER}"))

    assert [row["reason"] for row in refused] == ["forged", "forged"]
    assert found in stored_ids(database_url)
    letters = query(database_url, "SELECT reason FROM dead_letters")
    assert [row["reason"] for row in letters] == ["unknown_tag"]
    tallies = query(
        database_url, "SELECT fate, CAST(sequences AS text) AS numbers FROM event_counts ORDER BY fate DESC"
    )
    assert [(row["fate"], row["numbers"]) for row in tallies] == [("stored", "{[1,2)}"), ("dead", "{[2,3)}")]


def test_letters_of_a_stream_of_another_name_are_checked_as_well(
    engine: Engine,
    client: redis.Redis,
    database_url: str,
    drain: Callable[..., dict[str, int]],
    settings: Callable[..., WorkerSettings],
) -> None:
    forged = an_event()
    put(client, encode(forged))
    drain(f"web:{SECRET}")

    renamed = replace(settings(f"web:{SECRET}"), stream="trail:events")
    replay(engine, renamed)

    assert forged.id not in stored_ids(database_url)
    assert [row["reason"] for row in query(database_url, "SELECT reason FROM dead_letters")] == ["unsigned"]


def test_many_unsigned_messages_stop_no_signed_one(
    client: redis.Redis, drain: Callable[..., dict[str, int]], redis_url: str, database_url: str
) -> None:
    put(client, *[encode(an_event()) for _ in range(3_000)])
    emitter = an_emitter(redis_url)
    receipt = emitter.emit(LOGIN, user="u1")
    emitter.close()
    assert drain(f"web:{SECRET}") == {"stored": 1, "dead_lettered": 3_000}
    assert stored_ids(database_url) == [receipt]


def replay(engine: Engine, settings: WorkerSettings) -> None:
    with transaction(engine) as connection:
        requests = Requests(connection, catalogue.load(), "ada")
        identity = requests.replay(ReplayFilters(last_id(connection), (), ()))
    runner = Runner(settings)
    try:
        while runner.step(identity).state == "running":
            pass
    finally:
        runner.close()


def test_numbers_that_nobody_signed_open_no_gap_while_they_wait(
    client: redis.Redis, database_url: str, settings: Callable[..., WorkerSettings], redis_url: str
) -> None:
    emitter = an_emitter(redis_url)
    emitter.emit(LOGIN, user="u1")
    emitter.close()
    put(client, an_event(producer="web:1:a", seq=1_000_000))

    check(settings(f"web:{SECRET}"))

    assert query(database_url, "SELECT highest FROM coverage") == [{"highest": 1}]
    assert query(database_url, "SELECT count(*) AS n FROM producers") == [{"n": 1}]


def test_what_only_the_trail_records_is_forged_when_an_application_says_it(
    engine: Engine,
    client: redis.Redis,
    database_url: str,
    settings: Callable[..., WorkerSettings],
    drain: Callable[..., dict[str, int]],
) -> None:
    receipts = [kind.tag for kind in catalogue.load() if kind.by == "trail"]
    forged = [an_event(tag=tag, producer="shop:1", seq=number) for number, tag in enumerate(receipts, 1)]
    put(client, *forged)
    outbox = "INSERT INTO outbox (payload) VALUES (:payload)"
    query(database_url, outbox, payload=encode(an_event(tag="system:purge:finish")))
    drain()
    relayer = Relayer(settings(), "here/9")
    relayer.run(SECONDS)
    relayer.close()

    replay(engine, settings())

    assert {"admin:gap:accept", "admin:hold:release", "system:erasure:finish"} < set(receipts)
    assert not {event.id for event in forged} & set(stored_ids(database_url))
    letters = query(database_url, "SELECT reason FROM dead_letters")
    assert [row["reason"] for row in letters] == ["forged"] * (len(receipts) + 1)
    assert query(database_url, "SELECT 1 FROM event_counts") == []
