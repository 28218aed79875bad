"""User agents and locations that no event uses are collected, and never one that somebody still uses."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, text

from tests.support.drains import query
from tests.support.retained import NOW, derivations, event, stored
from trailkeeper.models.dictionaries import Dictionary, Memory
from trailkeeper.models.engine import transaction
from trailkeeper.models.locks import PURGING
from trailkeeper.models.tables import ClientRow
from trailkeeper.worker.retention import Busy, collect_orphans
from trailkeeper.worker.settings import WorkerSettings

TABLE: Any = ClientRow.__table__
FACTS = {"display": "twine", "kind": "installer", "source": "test", "build": "1"}
ROWS = {b"twine/6": {"user_agent": "twine/6", **FACTS}}


@pytest.fixture
def settings(database_url: str) -> WorkerSettings:
    return WorkerSettings(database_url=database_url)


def agents(database_url: str) -> list[str]:
    return [row["user_agent"] for row in query(database_url, "SELECT user_agent FROM clients ORDER BY id")]


def let_grace_pass(engine: Engine) -> None:
    with transaction(engine) as connection:
        for table in ("clients", "locations", "networks"):
            connection.execute(text(f"UPDATE {table} SET unused_since = unused_since - interval '25 hours'"))


def test_what_no_event_uses_goes_with_the_second_pass_after_the_grace(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    stored(engine, NOW, **derivations(engine, "used"))
    derivations(engine, "unused")

    assert collect_orphans(settings) == {"locations": 0, "clients": 0, "networks": 0}
    assert collect_orphans(settings) == {"locations": 0, "clients": 0, "networks": 0}
    let_grace_pass(engine)
    assert collect_orphans(settings) == {"locations": 1, "clients": 1, "networks": 1}

    assert agents(database_url) == ["used"]


def test_what_is_used_again_loses_its_mark(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    derived = derivations(engine, "used again")
    collect_orphans(settings)
    found = stored(engine, NOW, **derived)
    let_grace_pass(engine)

    assert collect_orphans(settings) == {"locations": 0, "clients": 0, "networks": 0}

    assert event(engine, found)["client_id"] == derived["client_id"]
    assert query(database_url, "SELECT unused_since FROM clients") == [{"unused_since": None}]


def test_who_looks_up_a_marked_row_takes_the_mark_away(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    derived = derivations(engine, "twine/6")
    collect_orphans(settings)
    let_grace_pass(engine)

    ids = Dictionary(engine, TABLE).ids(ROWS)

    assert ids == {b"twine/6": derived["client_id"]}
    assert query(database_url, "SELECT unused_since FROM clients") == [{"unused_since": None}]
    assert collect_orphans(settings)["clients"] == 0


def test_a_row_that_was_collected_is_made_anew_once_its_id_is_forgotten(
    engine: Engine, settings: WorkerSettings
) -> None:
    times = iter([0.0, 1.0, 3_700.0])
    dictionary = Dictionary(engine, TABLE, memory=Memory(3_600, lambda: next(times)))
    first = dictionary.ids(ROWS)
    collect_orphans(settings)
    let_grace_pass(engine)
    assert collect_orphans(settings)["clients"] == 1

    again = dictionary.ids(ROWS)

    assert again[b"twine/6"] > first[b"twine/6"]


def test_nothing_is_collected_while_a_purge_runs(engine: Engine, settings: WorkerSettings) -> None:
    with transaction(engine) as other:
        other.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": PURGING})
        with pytest.raises(Busy, match="another purge is running"):
            collect_orphans(settings)
