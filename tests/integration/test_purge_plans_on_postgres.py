"""What a purge looks for it finds by an index: no statement of it reads a table that is to go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from tests.support import rows
from trailkeeper.models.engine import transaction
from trailkeeper.worker.retention import Removal, purge
from trailkeeper.worker.settings import WorkerSettings

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PARTITION = "events_user_2026_01"
BY_TAG = f"{PARTITION}_hashtext_id_idx"
OWN = '[events."bank:transfer:sign"]\nscope = "user"\nsentence = "x"\nretention_days = {days}\n'
Scans = list[tuple[str, str | None]]
"""Kind and index of each."""


@pytest.fixture
def planned() -> Iterator[list[Scans]]:
    """The scans of the month's partition, of each statement that is about it, as they are planned."""
    found: list[Scans] = []

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, _x: Any, _many: bool) -> None:
        if PARTITION in statement and statement.lstrip().startswith(("SELECT", "DELETE", "WITH")):
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
                [plan] = cursor.fetchone()
            if scans := list(
                _scans(plan[0]["Plan"] if isinstance(plan, list) else json.loads(plan)[0]["Plan"])
            ):
                found.append(scans)

    event.listen(Engine, "before_cursor_execute", explain)
    yield found
    event.remove(Engine, "before_cursor_execute", explain)


def _scans(node: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    if node.get("Relation Name") == PARTITION and node["Node Type"] not in {
        "ModifyTable",
        "Bitmap Heap Scan",
    }:
        yield node["Node Type"], node.get("Index Name")
    if node["Node Type"] == "Bitmap Index Scan":
        yield node["Node Type"], node["Index Name"]
    for child in node.get("Plans", []):
        yield from _scans(child)


def purged(engine: Engine, database_url: str, folder: Path, *, days: int, signed: int) -> list[Removal]:
    """A purge of a month with thousands of other events and a few of a tag with a rule of its own."""
    catalogue = folder / "own.toml"
    catalogue.write_text(OWN.format(days=days))
    moments = [NOW - timedelta(days=300, seconds=number) for number in range(4_000)]
    rows.store(
        engine,
        *(
            rows.event_row(moment, tag="bank:transfer:sign" if number < signed else "account:login:success")
            for number, moment in enumerate(moments)
        ),
    )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE) trailkeeper.events"))
    settings = WorkerSettings(database_url=database_url, retention_user_days=90, catalogue=(str(catalogue),))
    return purge(settings, NOW)


def test_a_tag_with_a_shorter_retention_is_found_by_its_index(
    engine: Engine, database_url: str, tmp_path: Path, planned: list[Scans]
) -> None:
    first, second = purged(engine, database_url, tmp_path, days=7, signed=3)
    assert [(first.rule.tag, first.events), (second.rule.tag, second.whole)] == [
        ("bank:transfer:sign", 3),
        (None, True),
    ]
    edge, delete = planned[:2]
    assert {index for _, index in edge} == {BY_TAG}
    assert BY_TAG in {index for _, index in delete}


@pytest.mark.parametrize("signed", [0, 3])
def test_whether_a_month_holds_a_tag_that_is_kept_longer_is_told_by_its_index(
    engine: Engine, database_url: str, tmp_path: Path, planned: list[Scans], signed: int
) -> None:
    removed = purged(engine, database_url, tmp_path, days=3650, signed=signed)
    assert [(removal.whole, removal.events) for removal in removed] == [(not signed, 4_000 - signed)]
    assert {index for _, index in planned[0]} == {BY_TAG}


def test_a_month_that_goes_whole_is_read_by_indexes_alone(
    engine: Engine, database_url: str, tmp_path: Path, planned: list[Scans]
) -> None:
    purged(engine, database_url, tmp_path, days=3650, signed=0)
    kinds = {kind for scans in planned for kind, _ in scans}
    assert "Seq Scan" not in kinds
    with transaction(engine) as connection:
        counted = text("SELECT events FROM purges WHERE scope = 'user' AND tag IS NULL")
        assert connection.scalar(counted) == 4_000
