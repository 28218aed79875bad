"""Orders carried out: once each, in the admin's name, and refused in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis
from sqlalchemy import Engine, text

from tests.support.drains import an_event, put, query, settings_for
from trailkeeper.models import admin_commands
from trailkeeper.models.admin_commands import AdminCommand
from trailkeeper.models.engine import transaction
from trailkeeper.models.errors import StoreUnavailable
from trailkeeper.worker.admin_commands import AdminCommandExecutor, actions, executor
from trailkeeper.worker.backfills import Runner
from trailkeeper.worker.drain import Drainer
from trailkeeper.worker.settings import WorkerSettings

ENRICH = {"filters": {"which": "missing"}}


@pytest.fixture
def settings(redis_url: str, database_url: str) -> WorkerSettings:
    return settings_for(redis_url, database_url)


@pytest.fixture
def runner(settings: WorkerSettings) -> Iterator[Runner]:
    runner = Runner(settings)
    yield runner
    runner.close()


@pytest.fixture
def carry(runner: Runner) -> AdminCommandExecutor:
    return AdminCommandExecutor(runner.engine, runner.parts)


@pytest.fixture
def drained(client: redis.Redis, settings: WorkerSettings) -> Callable[..., None]:
    """Puts messages into the stream, and drains it."""

    def drain(*messages: Any) -> None:
        put(client, *messages)
        drainer = Drainer(settings, "here/1")
        drainer.run(20)
        drainer.close()

    return drain


def place(engine: Engine, action: str, given: dict[str, Any], identity: UUID | None = None) -> UUID:
    with transaction(engine) as connection:
        return admin_commands.submit(
            connection, identity or uuid4(), requested_by="ada", action=action, arguments=given
        ).id


def standing(engine: Engine, identity: UUID) -> AdminCommand:
    with transaction(engine) as connection:
        found = admin_commands.find(connection, identity)
    assert found is not None
    return found


def outcome(
    engine: Engine, carry: AdminCommandExecutor, action: str, given: dict[str, Any]
) -> dict[str, Any]:
    identity = place(engine, action, given)
    list(carry.run())
    found = standing(engine, identity).outcome
    assert found is not None
    return found


def test_a_backfill_is_started_paused_resumed_and_cancelled_in_the_admins_name(
    engine: Engine, carry: AdminCommandExecutor, database_url: str
) -> None:
    place(engine, "enrich", ENRICH | {"throttle": 9})
    assert list(carry.run()) == [1]
    for action in ("pause", "resume", "cancel"):
        assert outcome(engine, carry, action, {"backfill_id": 1}) == {"backfill_id": 1}

    [job] = query(database_url, "SELECT requested_by, throttle, state FROM backfills")
    assert job == {"requested_by": "ada", "throttle": 9, "state": "cancelled"}
    told = query(database_url, "SELECT tag, actor_id FROM events WHERE scope = 'system' ORDER BY id")
    assert [(event["tag"], event["actor_id"]) for event in told] == [
        (f"admin:backfill:{action}", "ada") for action in ("start", "pause", "resume", "cancel")
    ]


def test_the_same_order_placed_twice_is_carried_out_once(
    engine: Engine, carry: AdminCommandExecutor, database_url: str
) -> None:
    identity = uuid4()
    place(engine, "enrich", ENRICH, identity)
    list(carry.run())
    place(engine, "enrich", ENRICH, identity)
    assert list(carry.run()) == []

    assert query(database_url, "SELECT count(*) AS n FROM backfills") == [{"n": 1}]


def test_dead_letters_are_previewed_replayed_and_discarded(
    engine: Engine,
    carry: AdminCommandExecutor,
    drained: Callable[..., None],
    runner: Runner,
    database_url: str,
) -> None:
    drained(b"rubbish", b"more rubbish")

    shown = outcome(engine, carry, "preview_replay", {"reasons": ["not_json"]})["preview"]
    assert (shown["seen"], shown["changed"], shown["rejected"]) == (2, 0, {"not_json": 2})
    assert shown["complete"] is True
    assert shown["bad"] == [{"at": 1, "reason": "not_json"}, {"at": 2, "reason": "not_json"}]
    assert outcome(engine, carry, "replay", {"ids": [1]}) == {"backfill_id": 1}
    assert runner.step(1).state == "finished"
    assert outcome(engine, carry, "discard", {"ids": [2, 1, 2], "reason": "rubbish"}) == {"count": 2}
    assert query(database_url, "SELECT * FROM dead_letters") == []
    [told] = query(
        database_url, "SELECT actor_id, additional FROM events WHERE tag = 'admin:dead_letters:discard'"
    )
    assert (told["actor_id"], told["additional"]["reason"]) == ("ada", "rubbish")


def test_a_preview_changes_nothing_and_says_what_it_did_not_see(
    engine: Engine,
    carry: AdminCommandExecutor,
    drained: Callable[..., None],
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drained(*(an_event(ip="10.0.0.1") for _ in range(3)))
    query(database_url, "UPDATE events SET location_id = NULL")

    whole = outcome(engine, carry, "preview_enrich", ENRICH)["preview"]
    monkeypatch.setattr(actions, "PREVIEW_SECONDS", -1.0)
    part = outcome(engine, carry, "preview_enrich", ENRICH)["preview"]

    assert (whole["seen"], whole["changed"], whole["complete"], whole["estimate"]) == (3, 3, True, 3)
    assert [set(example) for example in whole["sample"]] == [{"id"}] * 3
    assert (part["complete"], part["seen"]) == (False, 3)  # of the first scope; the others were not looked at
    assert query(database_url, "SELECT * FROM backfills") == []


@pytest.mark.parametrize(
    ("asked", "why", "said"),
    [
        (("pause", {"backfill_id": 7}), "missing", "no backfill has the id 7"),
        (
            ("replay", {"reasons": ["not_json"]}),
            "nothing",
            "there are no dead letters of the reason not_json",
        ),
        (("discard", {"ids": [7], "reason": "x"}), "nothing", "no dead letter has the id 7"),
        (("discard", {"ids": [7], "reason": " "}), "absurd", "a reason is needed, as the messages are lost"),
        (("enrich", {"filters": {"which": "some"}}), "absurd", "which is 'some'; expected one of"),
        (("enrich", {"filters": {"tags": ["no:such:tag"]}}), "absurd", "no event type is called no:such:tag"),
        (("enrich", {"filters": {"since": "2999-01-01T00:00:00+00:00"}}), "absurd", "nothing has happened"),
        (("enrich", {}), "failed", executor.OURS),
        (("dance", {}), "absurd", "this worker knows no action 'dance'"),
    ],
)
def test_what_is_refused_says_why_and_changes_nothing(
    asked: tuple[str, dict[str, Any]], why: str, said: str, carry: AdminCommandExecutor, engine: Engine
) -> None:
    found = outcome(engine, carry, *asked)

    assert found["why"] == why
    assert found["refused"].startswith(said)
    with transaction(engine) as connection:
        for table in ("events", "backfills"):
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_what_a_dead_worker_had_begun_is_carried_out_by_the_next_and_once(
    engine: Engine, carry: AdminCommandExecutor, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = place(engine, "enrich", ENRICH)
    with monkeypatch.context() as patch:
        patch.setattr(executor, "carry_out", _dying)
        with pytest.raises(KeyboardInterrupt):
            list(carry.run())
    assert list(carry.run()) == []  # whoever began may still be at it

    query(database_url, "UPDATE admin_commands SET started_at = now() - interval '1 minute'")
    assert list(carry.run()) == [1]
    assert standing(engine, identity).attempts == 2


def test_an_order_that_kills_every_worker_is_given_up(
    engine: Engine, carry: AdminCommandExecutor, database_url: str
) -> None:
    identity = place(engine, "enrich", ENRICH)
    query(
        database_url,
        f"UPDATE admin_commands SET attempts = {executor.ATTEMPTS}, started_at = now() - interval '1 minute'",
    )

    assert list(carry.run()) == []

    assert standing(engine, identity).outcome == {"refused": executor.DIED, "why": "failed"}


def test_an_outage_settles_nothing(
    engine: Engine, carry: AdminCommandExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = place(engine, "enrich", ENRICH)
    monkeypatch.setattr(executor, "carry_out", _away)

    with pytest.raises(StoreUnavailable):
        list(carry.run())

    assert standing(engine, identity).finished_at is None


def test_orders_of_long_ago_are_forgotten_and_those_that_wait_are_not(
    engine: Engine, carry: AdminCommandExecutor, database_url: str
) -> None:
    old = place(engine, "pause", {"backfill_id": 1})
    list(carry.run())
    query(database_url, "UPDATE admin_commands SET finished_at = now() - interval '31 days'")
    new = place(engine, "pause", {"backfill_id": 1})

    with transaction(engine) as connection:
        assert admin_commands.delete_finished(connection, timedelta(days=30)) == 1
        assert admin_commands.find(connection, old) is None
        assert admin_commands.waiting(connection, timedelta(0)) == [new]


def _dying(*_: Any) -> dict[str, Any]:
    raise KeyboardInterrupt


def _away(*_: Any) -> dict[str, Any]:
    raise StoreUnavailable("away")
