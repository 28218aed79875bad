"""The scrub takes personal data out of old events in steps, once, and leaves what is held."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, text

from tests.support.drains import query
from tests.support.retained import NOW, days_ago, derivations, event, stored, told
from tests.support.rows import event_row, store
from trailkeeper.models.engine import transaction
from trailkeeper.models.locks import SCRUBBING
from trailkeeper.worker.retention import Busy, add_hold, scrub, scrub_plan, scrubbing
from trailkeeper.worker.settings import WorkerSettings


@pytest.fixture
def settings(database_url: str) -> WorkerSettings:
    return WorkerSettings(database_url=database_url, scrub_address_days=100, scrub_days=1_000)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.23", "198.51.100.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("198.51.100.0", "198.51.100.0/24"),
    ],
)
def test_an_old_address_becomes_its_network_and_nothing_else_changes(
    engine: Engine, settings: WorkerSettings, address: str, network: str
) -> None:
    old = stored(engine, days_ago(101), scope="project", tag="project:create", user_name="ann", ip=address)
    before = event(engine, old)

    scrub(settings, NOW)

    after = event(engine, old)
    assert after["ip"] == network
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"ip", "scrubbed_at", "scrubbed_by"}


def test_a_younger_event_stays_as_it_is(engine: Engine, settings: WorkerSettings) -> None:
    young = stored(engine, days_ago(99), ip="198.51.100.23", user_name="ann")
    before = event(engine, young)

    assert scrub(settings, NOW) == []
    assert event(engine, young) == before


def test_an_older_event_loses_all_that_is_personal_and_keeps_the_rest(
    engine: Engine, settings: WorkerSettings
) -> None:
    payload = {"role_name": "Owner", "submitted_by": "bob", "target_user": "ann"}
    old = stored(
        engine,
        days_ago(1_001),
        scope="project",
        tag="project:role:add",
        user_id="u1",
        user_name="ann",
        actor_id="u2",
        actor_name="bob",
        on_behalf_of_id="u3",
        on_behalf_of_name="eve",
        project_id="p1",
        project_name="lib",
        ip="198.51.100.23",
        credential_kind="api_token",
        credential_id="t1",
        credential_label="bob's laptop",
        additional=payload,
        extras={"new": 1},
        **derivations(engine),
    )

    scrub(settings, NOW)

    found = event(engine, old)
    gone = (
        "user_name",
        "actor_name",
        "on_behalf_of_name",
        "ip",
        "location_id",
        "client_id",
        "network_id",
        "extras",
    )
    assert [found[name] for name in (*gone, "credential_label")] == [None] * 9
    kept = ("user_id", "actor_id", "on_behalf_of_id", "project_id", "project_name", "credential_id")
    assert [found[name] for name in kept] == ["u1", "u2", "u3", "p1", "lib", "t1"]
    assert found["additional"] == {"role_name": "Owner"}


def test_an_event_says_which_scrubs_it_went_through(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    old = stored(engine, days_ago(1_001), ip="198.51.100.23", user_name="ann")

    scrub(settings, NOW)

    ids = {row["step"]: row["id"] for row in query(database_url, "SELECT step, id FROM scrubs")}
    assert event(engine, old)["scrubbed_by"] == [f"address/{ids['address']}", f"person/{ids['person']}"]
    assert event(engine, old)["scrubbed_at"] is not None


def test_a_second_scrub_changes_nothing_and_leaves_no_record(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    old = stored(engine, days_ago(1_001), ip="198.51.100.23", user_name="ann")
    scrub(settings, NOW)
    before = event(engine, old)

    assert scrub(settings, NOW) == []
    assert event(engine, old) == before
    assert len(query(database_url, "SELECT id FROM scrubs")) == 2


def test_an_old_event_that_comes_after_the_scrub_is_scrubbed_by_the_next(
    engine: Engine, settings: WorkerSettings
) -> None:
    stored(engine, days_ago(1_500), scope="project", tag="project:create", ip="198.51.100.23")
    scrub(settings, NOW)
    late = stored(engine, days_ago(1_501), scope="project", tag="project:create", ip="198.51.100.24")

    scrub(settings, NOW)

    assert event(engine, late)["ip"] is None


def test_a_partition_that_is_done_is_not_read_again(
    engine: Engine, settings: WorkerSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(engine, days_ago(1_500), scope="project", tag="project:create", ip="198.51.100.23")
    scrub(settings, NOW)
    walked: list[str] = []
    walk = scrubbing._walk

    def watched(job: Any, name: str) -> Any:
        walked.append(name)
        return walk(job, name)

    monkeypatch.setattr(scrubbing, "_walk", watched)

    scrub(settings, NOW)

    assert [name for name in walked if name == f"events_project_{days_ago(1_500).year}"] == []


def test_what_is_held_stays_as_it_is_and_the_scrub_says_so(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    kept = stored(engine, days_ago(101), user_id="u1", ip="198.51.100.23")
    stored(engine, days_ago(101), user_id="u2", ip="198.51.100.24")
    hold = add_hold(settings, "user", "u1", reason="a lawsuit")
    before = event(engine, kept)

    [done] = scrub(settings, NOW)

    assert (done.events, done.held, done.holds) == (1, 1, (hold.id,))
    assert event(engine, kept) == before
    [said] = told(database_url, "system:scrub:finish")
    assert (said["step"], said["events"], said["held"], said["holds"]) == ("address", 1, 1, [hold.id])


def test_a_plan_says_what_would_be_scrubbed_and_changes_nothing(
    engine: Engine, settings: WorkerSettings
) -> None:
    old = stored(engine, days_ago(1_001), ip="198.51.100.23")
    before = event(engine, old)

    planned = scrub_plan(settings, NOW)

    assert [(each.step, each.events) for each in planned] == [("address", 1), ("person", 1)]
    assert event(engine, old) == before


def test_many_events_are_scrubbed_in_batches(
    engine: Engine, settings: WorkerSettings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scrubbing, "BATCH", 10)
    store(engine, *(event_row(days_ago(101 + number / 1e6), ip="198.51.100.23") for number in range(35)))

    scrub(settings, NOW)

    assert query(database_url, "SELECT DISTINCT ip FROM events WHERE scope = 'user'") == [
        {"ip": "198.51.100.0/24"}
    ]
    assert query(database_url, "SELECT events FROM scrubs") == [{"events": 35}]


def test_a_scrub_that_died_is_finished_by_the_next_in_the_same_record(
    engine: Engine, settings: WorkerSettings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(engine, *(event_row(days_ago(101 + number / 1e6), ip="198.51.100.23") for number in range(35)))
    monkeypatch.setattr(scrubbing, "BATCH", 10)
    batch, calls = scrubbing._batch, iter(range(100))

    def dying(*arguments: object) -> object:
        if str(arguments[2]).startswith("events_user") and next(calls) == 2:
            raise KeyboardInterrupt
        return batch(*arguments)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(scrubbing, "_batch", dying)
    with pytest.raises(KeyboardInterrupt):
        scrub(settings, NOW)
    assert query(database_url, "SELECT events, finished_at FROM scrubs") == [
        {"events": 20, "finished_at": None}
    ]
    monkeypatch.setattr(scrubbing, "_batch", batch)

    scrub(settings, NOW)

    [record] = query(database_url, "SELECT * FROM scrubs")
    assert (record["events"], record["finished_at"] is None) == (35, False)
    assert [said["events"] for said in told(database_url, "system:scrub:finish")] == [35]


def test_nothing_is_scrubbed_where_the_policy_says_never(engine: Engine, database_url: str) -> None:
    settings = WorkerSettings(database_url=database_url, scrub_address_days="never")
    stored(engine, days_ago(4_000), ip="198.51.100.23")

    assert scrub(settings, NOW) == []


def test_two_scrubs_never_run_at_once(engine: Engine, settings: WorkerSettings) -> None:
    with transaction(engine) as other:
        other.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": SCRUBBING})
        with pytest.raises(Busy, match="another scrub is running"):
            scrub(settings, NOW)
