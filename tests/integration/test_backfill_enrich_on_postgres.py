"""Location and client anew on real Postgres: for what needs it and nothing else; facts stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert

import trailkeeper.worker.backfills.enrich as enriching
from tests.support.backfills import (
    ADMIN,
    CATALOGUE,
    counts,
    look_at_nothing_ahead,
    run_to_end,
    standing,
    start_enrich,
)
from tests.support.drains import an_event, put, query, settings_for
from tests.support.small_mmdb import asn, write_mmdb
from trailkeeper.models.backfills import EnrichFilters
from trailkeeper.models.engine import transaction
from trailkeeper.models.tables import Purge
from trailkeeper.producer.event import Event, Subject
from trailkeeper.producer.wire import encode
from trailkeeper.worker.backfills import InvalidRequest, NothingToDo, Runner
from trailkeeper.worker.backfills.checks import enrich_filters
from trailkeeper.worker.backfills.preview import preview_enrich
from trailkeeper.worker.drain import Drainer

UBUNTU = "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
FACTS = "id, occurred_at, recorded_at, scope, tag, user_id, actor_id, host(ip) AS ip, additional, extras"


def place(city: str) -> dict[str, Any]:
    return {"city": {"names": {"en": city}}, "country": {"iso_code": "GB", "names": {"en": "United Kingdom"}}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_mmdb(tmp_path / "city.mmdb", {"8.8.0.0/16": place("London")})


@pytest.fixture
def stored(client: Any, redis_url: str, database_url: str) -> Callable[..., None]:
    """Stores events as the drain does, with or without a file of locations."""

    def store(*events: Event, geoip: Path | None = None) -> None:
        put(client, *(encode(event) for event in events))
        drainer = Drainer(
            settings_for(
                redis_url,
                database_url,
                geoip=(str(geoip),) if geoip else (),
                retention_user_days="forever",
            ),
            "here/1",
        )
        drainer.run(20)
        drainer.close()

    return store


@pytest.fixture
def run(redis_url: str, database_url: str, file: Path) -> Iterator[Callable[..., Any]]:
    """Runs a whole backfill with the file that is there now; returns it as it ended."""
    runners: list[Runner] = []

    def run(**filters: Any) -> Any:
        runners.append(Runner(settings_for(redis_url, database_url, geoip=(str(file),))))
        return run_to_end(runners[-1], start_enrich(runners[-1].engine, **filters))

    yield run
    for runner in runners:
        runner.close()


def events(number: int = 30, **facts: Any) -> list[Event]:
    noon = datetime(2025, 6, 1, 12, tzinfo=UTC)
    return [
        an_event(noon + timedelta(days=index), ip=f"8.8.8.{index}", user_agent=UBUNTU, **facts)
        for index in range(number)
    ]


def places(database_url: str) -> list[str | None]:
    rows = query(
        database_url,
        "SELECT l.city, l.reason FROM events e LEFT JOIN locations l ON l.id = location_id"
        " WHERE scope = 'user' ORDER BY e.id",
    )
    return [row["city"] or row["reason"] for row in rows]


def facts(database_url: str) -> list[Any]:
    return query(database_url, f"SELECT {FACTS} FROM events WHERE scope = 'user' ORDER BY id")


def test_what_was_stored_without_a_file_gets_its_location_and_keeps_its_facts(
    stored: Callable[..., None], run: Callable[..., Any], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enriching.Enrich, "size", 7)
    stored(*events())
    before = facts(database_url)

    done = run()

    assert (done.state, done.changed) == ("finished", 30)
    assert places(database_url) == ["London"] * 30
    assert facts(database_url) == before


def test_a_second_run_finds_nothing_missing(
    stored: Callable[..., None], run: Callable[..., Any], database_url: str
) -> None:
    stored(*events())
    run()

    again = run()

    assert (again.changed, again.skipped, again.rejected) == (0, again.seen, 0)
    assert again.seen >= 30


def test_addresses_that_have_no_location_are_not_missing_one(
    stored: Callable[..., None], run: Callable[..., Any], database_url: str
) -> None:
    stored(*(an_event(ip=ip, user_agent=UBUNTU) for ip in ("10.0.0.1", "127.0.0.1")), an_event())

    done = run()

    assert done.changed == 0
    assert places(database_url) == ["private", "loopback", None]


def test_older_renews_what_came_from_another_file_and_leaves_the_rest(
    stored: Callable[..., None], run: Callable[..., Any], file: Path, database_url: str
) -> None:
    stored(*events(10), an_event(ip="10.0.0.1"), geoip=file)
    assert run(which="older").changed == 0
    write_mmdb(file, {"8.8.0.0/16": place("Leeds")}, built="2025-02-01")

    missing, older = run(which="missing"), run(which="older")

    assert (missing.changed, older.changed) == (0, 10)
    assert places(database_url) == ["Leeds"] * 10 + ["private"]


def networks(database_url: str) -> list[str | None]:
    rows = query(
        database_url,
        "SELECT n.display FROM events LEFT JOIN networks n ON n.id = network_id"
        " WHERE scope = 'user' ORDER BY events.id",
    )
    return [row["display"] for row in rows]


def test_networks_are_missing_once_there_is_a_file_of_them_and_older_when_it_is_replaced(
    stored: Callable[..., None], redis_url: str, database_url: str, file: Path, tmp_path: Path
) -> None:
    stored(*events(3), geoip=file)
    path = tmp_path / "asn.mmdb"
    geoip = (str(file), str(path))

    def run(which: Any, *paths: str) -> tuple[int, int]:
        runner = Runner(settings_for(redis_url, database_url, geoip=paths))
        filters = EnrichFilters(scope="user", which=which)
        preview = preview_enrich(runner.engine, runner.parts, filters.ending(datetime.now(UTC)))
        done = run_to_end(runner, start_enrich(runner.engine, scope="user", which=which))
        runner.close()
        return preview.changed, done.changed

    assert run("missing", str(file)) == (0, 0)  # no file of networks: nothing to be had

    write_mmdb(path, {"8.8.0.0/16": asn(64496, "Example")}, kind="Small-ASN")
    assert run("missing", *geoip) == (3, 3)
    assert networks(database_url) == ["AS64496 Example"] * 3
    assert run("missing", *geoip) == run("older", *geoip) == (0, 0)

    write_mmdb(path, {"8.8.0.0/16": asn(64496, "Renamed")}, kind="Small-ASN", built="2025-02-01")
    assert run("missing", *geoip) == (0, 0)
    assert run("older", *geoip) == (3, 3)
    assert networks(database_url) == ["AS64496 Renamed"] * 3
    assert places(database_url) == ["London"] * 3


def test_older_renews_clients_that_another_version_understood(
    stored: Callable[..., None], run: Callable[..., Any], file: Path, database_url: str
) -> None:
    stored(*events(5), geoip=file)
    query(database_url, "UPDATE clients SET display = 'An old idea', build = 'old', digest = '\\x00'")

    assert run(which="missing").changed == 0
    assert run(which="older").changed == 5
    rows = query(database_url, "SELECT DISTINCT display FROM events JOIN clients c ON c.id = client_id")
    assert [row["display"] for row in rows] == ["Firefox (Ubuntu)"]


def test_a_location_that_cannot_be_told_now_is_kept(
    stored: Callable[..., None], redis_url: str, database_url: str, file: Path
) -> None:
    stored(*events(5), geoip=file)
    runner = Runner(settings_for(redis_url, database_url))  # no file at all

    done = run_to_end(runner, start_enrich(runner.engine, which="all"))
    runner.close()

    assert (done.state, done.changed) == ("finished", 0)
    assert places(database_url) == ["London"] * 5


def test_scrubbed_events_are_left_alone(
    stored: Callable[..., None], run: Callable[..., Any], database_url: str
) -> None:
    stored(*events(4))
    query(
        database_url,
        "UPDATE events SET scrubbed_at = now(), scrubbed_by = '{address/1}' WHERE host(ip) = '8.8.8.2'",
    )

    done = run(which="all")

    assert done.changed == 3
    assert places(database_url) == ["London", "London", None, "London"]


@pytest.mark.parametrize(
    ("filters", "changed"),
    [
        ({"scope": "user"}, 4),
        ({"scope": "project"}, 2),
        ({"tags": ("project:create",)}, 2),
        ({"tags": ("project:create", "account:login:success")}, 5),
        ({"user": "ann"}, 1),
        ({"project": "flask"}, 1),
        ({"since": datetime(2025, 6, 3, tzinfo=UTC)}, 2),
        ({"until": datetime(2025, 6, 3, tzinfo=UTC)}, 4),
        ({"since": datetime(2025, 6, 2, tzinfo=UTC), "until": datetime(2025, 6, 3, tzinfo=UTC)}, 1),
    ],
)
def test_filters_choose_the_events(
    filters: dict[str, Any], changed: int, stored: Callable[..., None], run: Callable[..., Any]
) -> None:
    ann, flask = Subject("ann"), Subject("flask")
    stored(
        *events(3),
        *events(1, tag="account:login:failure", user=ann),
        *events(1, tag="project:create", project=flask),
        an_event(datetime(2025, 6, 9, tzinfo=UTC), ip="8.8.1.1", tag="project:create", project=Subject("x")),
    )

    assert run(**filters).changed == changed


def test_two_runners_share_a_backfill_and_do_nothing_twice(
    stored: Callable[..., None],
    redis_url: str,
    database_url: str,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(enriching.Enrich, "size", 3)
    look_at_nothing_ahead(monkeypatch)
    stored(*events(20))
    runners = [Runner(settings_for(redis_url, database_url, geoip=(str(file),))) for _ in range(2)]
    identity = start_enrich(runners[0].engine, scope="user")
    real: Any = vars(enriching)["window"]

    def while_the_other_tries(*arguments: Any) -> Any:
        monkeypatch.setattr(enriching, "window", real)
        assert runners[1].step(identity).state == "unknown"
        monkeypatch.setattr(enriching, "window", while_the_other_tries)
        return real(*arguments)

    monkeypatch.setattr(enriching, "window", while_the_other_tries)

    done = run_to_end(runners[0], identity)

    assert counts(done) == ("finished", 20, 20, 0, 0)
    for runner in runners:
        runner.close()


@pytest.mark.parametrize("statement", ["window", "write"])
def test_a_chunk_that_dies_is_done_again_from_the_cursor(  # noqa: PLR0917 - fixtures
    statement: str,
    stored: Callable[..., None],
    redis_url: str,
    database_url: str,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(enriching.Enrich, "size", 8)
    look_at_nothing_ahead(monkeypatch)
    stored(*events(20))
    runner = Runner(settings_for(redis_url, database_url, geoip=(str(file),)))
    identity = start_enrich(runner.engine, scope="user")
    runner.step(identity)
    real, deaths = getattr(enriching, statement), iter([KeyboardInterrupt])

    def dying(*arguments: Any) -> Any:
        result = real(*arguments)
        for death in deaths:
            raise death
        return result

    monkeypatch.setattr(enriching, statement, dying)
    with pytest.raises(KeyboardInterrupt):
        runner.step(identity)

    assert places(database_url).count("London") == 8
    assert standing(runner.engine, identity).seen == 8
    assert counts(run_to_end(runner, identity)) == ("finished", 20, 20, 0, 0)
    runner.close()


def refusal(engine: Engine, **filters: Any) -> str:
    with transaction(engine) as connection, pytest.raises((InvalidRequest, NothingToDo)) as refused:
        enrich_filters(connection, CATALOGUE, EnrichFilters(**filters))
    return str(refused.value)


def test_what_cannot_be_meant_is_refused(engine: Engine) -> None:
    year_2999 = datetime(2999, 1, 1, tzinfo=UTC)
    assert "did you mean account:login:success" in refusal(engine, tags=("account:login:succes",))
    assert "are of the scope user" in refusal(engine, tags=("account:login:success",), scope="project")
    assert "nothing has happened since 2999" in refusal(engine, since=year_2999)


def test_a_time_that_was_purged_is_refused(engine: Engine) -> None:
    before = datetime(2020, 1, 1, tzinfo=UTC)
    with transaction(engine) as connection:
        for scope in ("user", "project"):
            purge = {"scope": scope, "retention_days": 365, "started_at": before, "before": before}
            connection.execute(insert(Purge).values(**purge, partitions=1, events=9))

    said = refusal(engine, scope="user", until=datetime(2019, 5, 1, tzinfo=UTC))

    assert said == "nothing is left of it: events before 2020-01-01T00:00:00+00:00 were purged"
    with transaction(engine) as connection:  # of the other scopes something may be left
        enrich_filters(connection, CATALOGUE, EnrichFilters(until=datetime(2019, 5, 1, tzinfo=UTC)))


def test_who_asked_for_what_is_an_event(run: Callable[..., Any], database_url: str) -> None:
    done = run(which="all", scope="user")

    started, ended = query(
        database_url, "SELECT tag, actor_name, additional FROM events WHERE scope = 'system' ORDER BY id"
    )
    assert (started["tag"], started["actor_name"]) == ("admin:backfill:start", ADMIN)
    assert started["additional"]["filters"] == done.filters
    assert done.filters["which"] == "all"
    assert ended["additional"]["state"] == "finished"
