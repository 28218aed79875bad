"""What an erasure left is found by the next one, though the events that told who the person is are empty."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.support.backfills import a_line, start_import, write_lines
from tests.support.drains import query, settings_for
from tests.support.dumps import texts
from tests.support.retained import NOW, event, stored
from tests.support.rows import store_in
from trailkeeper.models import erased_persons
from trailkeeper.models.engine import transaction
from trailkeeper.models.tables import DeadLetterRow
from trailkeeper.worker.retention import add_hold, erase, erasure_plan, purge, release_hold
from trailkeeper.worker.settings import WorkerSettings

USER, EMAIL, NAME, ADDRESS = "u-ann", "ann.needle@example.org", "Annabelle Needle", "203.0.113.77"
OWN = {"user_id": USER, "actor_kind": "user", "actor_id": USER, "user_name": NAME, "ip": ADDRESS}
STAFF = {"actor_kind": "staff", "actor_id": "s1", "actor_name": "Sam"}
BAN = {"address": ADDRESS, "reason": f"“{EMAIL}” spams"}


@pytest.fixture
def settings(redis_url: str, database_url: str) -> WorkerSettings:
    return settings_for(redis_url, database_url)


def known(engine: Engine, *, tag: str = "account:email:verify") -> None:
    stored(engine, NOW, tag=tag, **OWN, additional={"email": EMAIL})


def banned(engine: Engine) -> Any:
    return stored(engine, NOW, scope="system", tag="admin:ip_address:ban", **STAFF, additional=BAN)


def test_what_a_hold_on_something_else_kept_goes_once_it_is_released(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    known(engine)
    given = {"scope": "project", "project_id": "p1", "tag": "project:role:add"}
    held = stored(engine, NOW, **given, **STAFF, additional={"target_user": EMAIL, "role_name": "Owner"})
    hold = add_hold(settings, "project", "p1", reason="a lawsuit")
    assert erase(settings, USER).held == 1
    release_hold(settings, hold.id)
    plan = erasure_plan(settings, USER)

    again = erase(settings, USER)

    assert (plan.of_others, again.of_others, again.held) == (1, 1, 0)
    assert plan.looked_for == ["an…@example.org"]
    assert event(engine, held)["additional"] == {"role_name": "Owner"}
    assert "needle" not in texts(database_url).casefold()


def late_event(engine: Engine, _: Path) -> None:
    banned(engine)


def late_search(engine: Engine, _: Path) -> None:
    look = {"about": "all", "filters": {"text": NAME.upper()}}
    stored(engine, NOW, scope="system", tag="admin:history:view", **STAFF, additional=look)


def late_letter(engine: Engine, _: Path) -> None:
    about = {"stream": "s", "stream_id": "1-1", "digest": b"1", "reason": "malformed", "detail": "x"}
    store_in(engine, DeadLetterRow, **about, deliveries=1, raw=f"mail to <{EMAIL}>: broken".encode())


def late_lines(engine: Engine, folder: Path) -> None:
    start_import(
        engine, write_lines(folder / "f", [{**a_line(1), "tag": "admin:ip_address:ban", "additional": BAN}])
    )


@pytest.mark.parametrize("late", [late_event, late_search, late_letter, late_lines])
def test_what_comes_after_an_erasure_is_found_by_the_next_and_not_by_one_much_later(
    engine: Engine, settings: WorkerSettings, tmp_path: Path, late: Callable[[Engine, Path], None]
) -> None:
    known(engine)
    erase(settings, USER)
    late(engine, tmp_path)

    plan, again = erasure_plan(settings, USER), erase(settings, USER)

    found = again.of_others + again.dead_letters + again.import_lines
    assert (found, plan.of_others + plan.dead_letters + plan.import_lines) == (1, 1)
    assert erase(settings, USER).events == 0
    purge(settings, NOW + timedelta(days=erased_persons.DAYS + 1))
    banned(engine)
    assert erase(settings, USER).of_others == 0


def test_what_is_kept_tells_nobody_who_the_person_is_and_goes_in_time(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    known(engine)
    held = add_hold(settings, "project", "p1", reason="a lawsuit")
    stored(
        engine,
        NOW,
        scope="project",
        project_id="p1",
        tag="project:role:add",
        additional={"target_user": EMAIL},
    )
    erase(settings, USER)
    kept = "SELECT * FROM erased_persons"
    [row] = query(database_url, kept)
    assert [needle for needle in (EMAIL, NAME, ADDRESS) if needle in json.dumps(row, default=str)] == []
    assert len(row["fingerprints"]["own"]["said"]) == 2

    much_later = NOW + timedelta(days=erased_persons.DAYS + 1)
    purge(settings, much_later)
    assert query(database_url, kept) == [row]  # as long as the hold keeps something

    release_hold(settings, held.id)
    purge(settings, NOW + timedelta(days=1))
    assert query(database_url, kept) == [row]
    purge(settings, much_later)
    assert query(database_url, kept) == []


def test_what_another_account_came_to_be_known_by_since_is_not_taken(
    engine: Engine, settings: WorkerSettings
) -> None:
    known(engine, tag="account:email:add")
    erase(settings, USER)
    own = {"user_id": "u-new", "actor_kind": "user", "actor_id": "u-new", "user_name": NAME, "ip": ADDRESS}
    stored(engine, NOW, tag="account:email:verify", **own, additional={"email": EMAIL})
    ban = banned(engine)

    assert erase(settings, USER).of_others == 0
    assert event(engine, ban)["additional"] == BAN


def test_whoever_is_not_known_by_anything_is_not_remembered(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    stored(engine, NOW, user_id=USER, actor_kind="system")
    erase(settings, USER)
    with transaction(engine) as connection:
        assert erased_persons.read(connection, USER) is None
    assert query(database_url, "SELECT * FROM erased_persons") == []
