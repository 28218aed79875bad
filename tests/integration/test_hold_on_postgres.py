"""A hold wins over the purge, is an event itself, and ends when it is released or its time has come."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from tests.support.drains import query
from tests.support.retained import NOW, count, days_ago, event, stored, told
from tests.support.waiting import until
from trailkeeper.models.engine import qualified, run_in_autocommit, transaction
from trailkeeper.models.holds import wait_for_holds
from trailkeeper.models.partitions import Partition, drop, ensure, existing, period_of, remove
from trailkeeper.models.partitions.known import DOOMED
from trailkeeper.worker.retention import (
    UnknownHold,
    WrongHold,
    add_hold,
    list_holds,
    plan,
    purge,
    release_hold,
)
from trailkeeper.worker.settings import WorkerSettings


@pytest.fixture
def settings(database_url: str) -> WorkerSettings:
    return WorkerSettings(database_url=database_url, retention_user_days=90, retention_project_days=90)


@pytest.mark.parametrize(
    ("about", "columns"),
    [
        ("user", {"user_id": "x"}),
        ("user", {"actor_kind": "user", "actor_id": "x"}),
        ("user", {"actor_kind": "user", "user_id": "x", "actor_id": "x"}),
        ("user", {"on_behalf_of_id": "x"}),
        ("project", {"project_id": "x"}),
        ("organization", {"organization_id": "x"}),
    ],
)
@pytest.mark.parametrize("age", [95.0, 400.0], ids=["at the edge", "in a month that is over"])
def test_what_a_hold_names_survives_the_purge(
    engine: Engine, settings: WorkerSettings, about: str, columns: dict[str, str], age: float
) -> None:
    held = stored(engine, days_ago(age), **columns)
    for other in ({"user_id": "y"}, {"project_id": "y"}, {"user_id": "x"} if about == "project" else {}):
        stored(engine, days_ago(age), **other)
    before = event(engine, held)
    hold = add_hold(settings, about, "x", reason="a lawsuit")

    removed = purge(settings, NOW)

    assert count(engine) == 1
    assert event(engine, held) == before
    [found] = [removal for removal in removed if removal.held]
    assert (found.events, found.held, found.holds, found.whole) == (3, 1, (hold.id,), False)


@pytest.mark.parametrize("kind", ["staff", "service"])
def test_a_hold_on_a_user_holds_nothing_of_staff_or_a_service_with_the_same_id(
    engine: Engine, settings: WorkerSettings, kind: str
) -> None:
    stored(engine, days_ago(95), user_id="y", actor_kind=kind, actor_id="x")
    add_hold(settings, "user", "x", reason="a lawsuit")

    [removed] = purge(settings, NOW)

    assert (removed.events, removed.held, removed.holds, count(engine)) == (1, 0, (), 0)


def test_the_purge_says_what_it_left_and_because_of_which_hold(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    stored(engine, days_ago(95), user_id="x")
    stored(engine, days_ago(95), user_id="y")
    hold = add_hold(settings, "user", "x", reason="a lawsuit")
    planned = plan(settings, NOW)
    purge(settings, NOW)

    [removal] = [each for each in planned if each.held]
    assert (removal.events, removal.held, removal.holds) == (1, 1, (hold.id,))
    [record] = query(database_url, "SELECT events, held, holds FROM purges")
    assert dict(record) == {"events": 1, "held": 1, "holds": [hold.id]}
    [said] = told(database_url, "system:purge:finish")
    assert (said["events"], said["held"], said["holds"]) == (1, 1, [hold.id])


def test_a_released_hold_holds_nothing_any_more(engine: Engine, settings: WorkerSettings) -> None:
    stored(engine, days_ago(400), user_id="x")
    hold = add_hold(settings, "user", "x", reason="a lawsuit")
    purge(settings, NOW)
    assert count(engine) == 1

    release_hold(settings, hold.id, reason="settled")
    purge(settings, NOW)

    assert count(engine) == 0
    assert list_holds(settings) == []
    assert [(each.id, each.release_reason) for each in list_holds(settings, released=True)] == [
        (hold.id, "settled")
    ]


def test_a_hold_whose_time_has_come_holds_nothing_any_more(engine: Engine, settings: WorkerSettings) -> None:
    stored(engine, days_ago(95), user_id="x")
    add_hold(settings, "user", "x", reason="a week", until=datetime.now(UTC) + timedelta(days=7))
    purge(settings, NOW)
    assert count(engine) == 1
    with transaction(engine) as connection:
        connection.execute(text("UPDATE holds SET until = now() - interval '1 second'"))

    purge(settings, NOW)

    assert count(engine) == 0
    assert list_holds(settings) == []


def test_holds_are_events_with_who_asked(settings: WorkerSettings, database_url: str) -> None:
    hold = add_hold(settings, "project", "p1", reason="a lawsuit", by="ann")
    release_hold(settings, hold.id, reason="settled", by="bob")

    payload = {"hold_id": str(hold.id), "about": "project", "id": "p1"}
    assert told(database_url, "admin:hold:add") == [payload | {"reason": "a lawsuit"}]
    assert told(database_url, "admin:hold:release") == [payload | {"reason": "settled"}]
    actors = query(database_url, "SELECT actor_kind, actor_name FROM events ORDER BY id")
    assert [tuple(row.values()) for row in actors] == [("staff", "ann"), ("staff", "bob")]


@pytest.mark.parametrize("released", [False, True])
def test_an_unknown_hold_is_refused_and_nothing_changes(
    settings: WorkerSettings, database_url: str, released: bool
) -> None:
    identity = 99
    if released:
        identity = add_hold(settings, "user", "x", reason="a lawsuit").id
        release_hold(settings, identity)
    before = query(database_url, "SELECT count(*) AS n FROM events")

    with pytest.raises(UnknownHold, match=f"no hold in force has the id {identity}"):
        release_hold(settings, identity)

    assert query(database_url, "SELECT count(*) AS n FROM events") == before


@pytest.mark.parametrize(
    ("given", "days", "message"),
    [
        (("team", "x", "r"), None, "a hold is about 'team'; expected one of user, project, organization"),
        (("user", "", "r"), None, "the user's id is empty"),
        (("user", "x", " "), None, "the reason has 1 characters"),
        (("user", "x", "r"), -1, "expected a time to come"),
    ],
)
def test_a_hold_that_cannot_be_is_refused_and_nothing_changes(
    settings: WorkerSettings, given: tuple[str, str, str], days: int | None, message: str
) -> None:
    about, subject, reason = given
    until = None if days is None else datetime.now(UTC) + timedelta(days=days)
    with pytest.raises(WrongHold, match=message):
        add_hold(settings, about, subject, reason=reason, until=until)
    assert list_holds(settings, released=True) == []


def test_a_hold_waits_for_the_batch_under_way_and_is_seen_by_the_next(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    with ThreadPoolExecutor(1) as pool:
        with transaction(engine) as batch:
            wait_for_holds(batch)
            adding = pool.submit(add_hold, settings, "user", "x", reason="a lawsuit")
            waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            until(lambda: bool(query(database_url, waiting)), 10, "the hold waits")
            assert not adding.done()
        assert adding.result(timeout=10).id == list_holds(settings)[0].id


def test_a_partition_on_its_way_out_comes_back_where_a_hold_names_it_by_then(
    engine: Engine, settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = stored(engine, days_ago(400), user_id="x")
    before = event(engine, held)
    [doomed] = [each for each in _partitions(engine) if each.start <= days_ago(400) < each.end]
    drop_or_reattach = remove._drop_or_reattach

    def with_a_hold_before(engine: Engine, name: str) -> bool:
        if not list_holds(settings):
            add_hold(settings, "user", "x", reason="just now")
        return drop_or_reattach(engine, name)

    monkeypatch.setattr(remove, "_drop_or_reattach", with_a_hold_before)

    assert drop(engine, doomed) is False

    assert event(engine, held) == before
    assert doomed.name in [each.name for each in _partitions(engine)]
    stored(engine, days_ago(400), user_id="y")  # it takes rows as before


def test_a_partition_whose_purge_died_is_put_back_by_whoever_needs_it_where_a_hold_names_it(
    engine: Engine, settings: WorkerSettings
) -> None:
    held = stored(engine, days_ago(400), user_id="x")
    period = period_of("user", days_ago(400))
    _detach(engine, period.parent, period.name)
    add_hold(settings, "user", "x", reason="a lawsuit")

    assert ensure(engine, {period}) == []

    assert event(engine, held)["user_id"] == "x"


def test_what_a_purge_that_died_had_detached_is_counted_by_the_next(
    engine: Engine, settings: WorkerSettings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(7):
        stored(engine, days_ago(400 + number / 1e6))
    stored(engine, days_ago(95))
    with monkeypatch.context() as patch:
        patch.setattr(remove, "_drop_or_reattach", _die)
        with pytest.raises(KeyboardInterrupt):
            purge(settings, NOW)
    assert count(engine) == 1

    purge(settings, NOW)

    assert count(engine) == 0
    [record] = query(database_url, "SELECT partitions, events FROM purges WHERE scope = 'user'")
    assert record["events"] == 8
    assert [said["events"] for said in told(database_url, "system:purge:finish")] == [8]


def test_holds_added_while_purges_run_are_kept_whole_or_came_too_late(
    engine: Engine, settings: WorkerSettings
) -> None:
    for number in range(40):
        for user in ("x", "y"):
            stored(engine, days_ago(95 + number), user_id=user)
    stop = threading.Event()

    def purging() -> None:
        while not stop.is_set():
            purge(settings, NOW)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(purging)
        hold = add_hold(settings, "user", "x", reason="a lawsuit")
        left = _held(engine)
        stop.set()
        running.result(timeout=60)
    purge(settings, NOW)

    assert hold.id == list_holds(settings)[0].id
    # a partition that a purge had detached when the hold came is put back by it afterwards
    assert _held(engine) >= left
    assert count(engine) == _held(engine)


def _held(engine: Engine) -> int:
    with transaction(engine) as connection:
        return int(connection.execute(text("SELECT count(*) FROM events WHERE user_id = 'x'")).scalar_one())


def _partitions(engine: Engine) -> list[Partition]:
    with transaction(engine) as connection:
        return existing(connection)


def _detach(engine: Engine, parent: str, name: str) -> None:
    with transaction(engine) as connection:
        connection.execute(text(f"COMMENT ON TABLE {name} IS '{DOOMED}'"))
    parent, leaf = qualified(engine, parent), qualified(engine, name)
    run_in_autocommit(engine, f"ALTER TABLE {parent} DETACH PARTITION {leaf} CONCURRENTLY")


def _die(*_: object) -> None:
    raise KeyboardInterrupt
