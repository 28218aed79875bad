"""An erasure takes one user's personal data out of table, dead letters and stream; holds win."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import Engine, text

from tests.support.backfills import a_line, counts, run_to_end, start_import, write_lines
from tests.support.drains import an_event, put, query, settings_for
from tests.support.retained import NOW, count, days_ago, derivations, event, stored, told
from tests.support.rows import store_in
from tests.support.waiting import until
from trailkeeper.models.backfills.jobs import lock
from trailkeeper.models.engine import transaction
from trailkeeper.models.locks import ERASING
from trailkeeper.models.tables import DeadLetterRow
from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.event import Actor, Subject
from trailkeeper.producer.validation import id_of
from trailkeeper.worker.backfills import Runner, importing, staging
from trailkeeper.worker.drain import Drainer
from trailkeeper.worker.retention import Busy, Undrained, add_hold, erase, erasure_plan, release_hold
from trailkeeper.worker.retention.erasing import events
from trailkeeper.worker.settings import WorkerSettings

ANN = {"user_id": "u1", "user_name": "ann"}
BY_ANN = {"actor_kind": "user", "actor_id": "u1", "actor_name": "ann"}
READ_TWICE = 4 + 3
"""Pages that are read to learn who the person is: of four scopes, one of them with 25 events."""
BY_BOB = {"actor_kind": "user", "actor_id": "u2", "actor_name": "bob"}


@pytest.fixture
def settings(redis_url: str, database_url: str) -> WorkerSettings:
    return settings_for(redis_url, database_url)


def letter(engine: Engine, raw: bytes, number: int = 1) -> int:
    columns = {"stream": "s", "stream_id": f"1-{number}", "digest": b"%d" % number, "reason": "unknown_tag"}
    return store_in(engine, DeadLetterRow, **columns, detail="by ann", deliveries=1, raw=raw)


def letters(database_url: str) -> list[bytes]:
    return [bytes(row["raw"]) for row in query(database_url, "SELECT raw FROM dead_letters ORDER BY id")]


def test_what_the_user_did_loses_name_address_device_label_and_personal_keys(
    engine: Engine, settings: WorkerSettings
) -> None:
    own = stored(
        engine,
        NOW,
        tag="account:email:add",
        ip="198.51.100.23",
        credential_kind="api_token",
        credential_label="ann's laptop",
        additional={"email": "ann@example.org"},
        extras={"new": 1},
        **ANN,
        **BY_ANN,
        **derivations(engine),
    )

    receipt = erase(settings, "u1")

    found = event(engine, own)
    gone = (
        "user_name",
        "actor_name",
        "ip",
        "location_id",
        "client_id",
        "network_id",
        "credential_label",
        "extras",
    )
    assert [found[name] for name in (*gone, "additional")] == [None] * 9
    assert (found["user_id"], found["actor_id"], found["tag"]) == ("u1", "u1", "account:email:add")
    assert found["scrubbed_by"] == [f"erasure/{receipt.erasure_id}"]
    assert (receipt.events, receipt.held) == (1, 0)


def test_what_another_did_to_the_user_keeps_the_other_ones_name_address_and_device(
    engine: Engine, settings: WorkerSettings
) -> None:
    other = stored(engine, NOW, ip="198.51.100.23", **ANN, **BY_BOB, **derivations(engine))
    before = event(engine, other)

    erase(settings, "u1")

    found = event(engine, other)
    changed = {name for name in before if before[name] != found[name]}
    assert changed == {"user_name", "scrubbed_at", "scrubbed_by"}


@pytest.mark.parametrize(
    "columns",
    [
        {**ANN, "actor_kind": "service", "actor_id": "ci", "actor_name": "CI of bob",
         "on_behalf_of_id": "u2", "on_behalf_of_name": "bob"},
        {**BY_BOB, "on_behalf_of_id": "u1"},
        {"actor_kind": "staff", "actor_id": "u1", "actor_name": "Sam", "on_behalf_of_id": "u1"},
    ],
    ids=["a service for another", "a user in the user's name", "staff in the user's name"],
)  # fmt: skip
def test_who_acted_keeps_origin_and_credential_whomever_it_was_about_or_for(
    engine: Engine, settings: WorkerSettings, columns: dict[str, Any]
) -> None:
    credential = {"credential_kind": "api_token", "credential_id": "t1", "credential_label": "bob's"}
    extras = {"requested_by": {"kind": "staff", "id": "s2", "name": "Sam"}}
    whole = {"ip": "198.51.100.23", **derivations(engine), **credential, **columns, "extras": extras}
    other = stored(engine, NOW, **{"user_id": None, "user_name": None, **whole})
    before = event(engine, other)

    erase(settings, "u1")

    found = event(engine, other)
    changed = {name for name in before if before[name] != found[name]}
    assert changed <= {"user_name", "scrubbed_at", "scrubbed_by"}


def test_of_fields_that_no_column_has_another_persons_stay_and_the_users_go(
    engine: Engine, settings: WorkerSettings
) -> None:
    others = [{"kind": "staff", "id": "u1", "name": "Sam"}, {"kind": "user", "id": "u2", "name": "u1"}]
    service = {"kind": "service", "id": "ci", "name": "CI of ann"}
    users = [
        {"kind": "user", "id": "u1", "name": "ann"},
        {"kind": "staff", "x": "ann"},
        {"kind": "user"},
        "x",
    ]
    found = [
        stored(engine, NOW, **ANN, **BY_ANN, extras={"requested_by": each})
        for each in (*others, service, *users)
    ]

    erase(settings, "u1")

    assert [event(engine, each)["extras"] for each in found] == [
        *({"requested_by": each} for each in others), {"requested_by": {**service, "name": None}},
        *([None] * len(users)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "columns",
    [
        {"on_behalf_of_id": "u1", "on_behalf_of_name": "ann", "actor_kind": "service", "actor_id": "ci"},
        {**ANN, "actor_kind": "anonymous"},
    ],
    ids=["on the user's behalf", "by nobody known"],
)
def test_the_address_goes_where_no_other_person_acted(
    engine: Engine, settings: WorkerSettings, columns: dict[str, Any]
) -> None:
    found = stored(engine, NOW, ip="198.51.100.23", **columns)

    erase(settings, "u1")

    after = event(engine, found)
    assert (after["ip"], after["user_name"], after["on_behalf_of_name"]) == (None, None, None)


TOLD = "ann.needle@example.org"


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("actor_name", f"CI of {TOLD}"),
        ("actor_name", "ann.needle\uff20example\uff0eorg"),
        ("actor_name", "at 2001:DB8:0:0:0:0:0:77"),
        ("actor_name", "for 203%2E0.113.77"),
        ("user_name", TOLD),
        ("on_behalf_of_name", TOLD),
        ("credential_label", f"{TOLD}'s laptop"),
    ],
)
def test_names_and_labels_in_events_of_others_lose_what_tells_of_the_person(
    engine: Engine, settings: WorkerSettings, column: str, said: str
) -> None:
    own = {"user_id": "u-ann", "actor_kind": "user", "actor_id": "u-ann"}
    for address in ("203.0.113.77", "2001:db8::77"):
        stored(engine, NOW, tag="account:email:verify", **own, ip=address, additional={"email": TOLD})
    names = dict.fromkeys(("actor_name", "user_name", "on_behalf_of_name", "credential_label"), "J. Bob: 7")
    others = {"scope": "system", "tag": "admin:ip_address:ban", "actor_kind": "anonymous"}
    telling = stored(engine, NOW, **others, **(names | {column: said}))
    same = stored(engine, NOW, **others, **names)
    erase(settings, "u-ann")
    assert {name: event(engine, telling)[name] for name in names} == names | {column: None}
    assert {name: event(engine, same)[name] for name in names} == names


@pytest.mark.parametrize(
    ("extras", "stays"),
    [
        ({"approved_by": [{"kind": "user", "id": "7", "name": "Ann"}]}, False),
        ({"approved_by": {"id": "7", "name": "Ann"}}, False),
        ({"meta": {"by": {"kind": "user", "id": "7", "name": "Ann", "team": "x"}}}, False),
        ({"note": "approved by user 7 (Ann)"}, False),
        ({"approved_by": {"kind": "staff", "id": "7", "name": "Sam"}}, True),
        ({"meta": {"step": 7, "of": "7 of 9"}}, True),
    ],
)
def test_in_unknown_fields_of_others_the_user_is_found_as_in_messages(
    engine: Engine, settings: WorkerSettings, extras: dict[str, Any], *, stays: bool
) -> None:
    columns = {"scope": "project", "project_id": "p1", "tag": "project:create"}
    of_another = stored(engine, NOW, **columns, actor_kind="user", actor_id="u2", extras={**extras, "n": 1})
    erase(settings, "7")
    assert event(engine, of_another)["extras"] == ({**extras, "n": 1} if stays else {"n": 1})


def test_events_that_do_not_name_the_user_stay_as_they_are(engine: Engine, settings: WorkerSettings) -> None:
    others = [
        stored(engine, NOW, user_id="u2", user_name="ann", ip="198.51.100.23", extras={"x": 1}),
        stored(engine, NOW, scope="project", tag="project:create", project_id="u1", project_name="ann"),
        stored(engine, NOW, user_id="u11", user_name="ann"),
    ]
    stored(engine, NOW, **ANN)
    before = [event(engine, each) for each in others]

    erase(settings, "u1")

    assert [event(engine, each) for each in others] == before


def test_a_request_of_the_users_in_which_the_application_acted_is_nobodys_any_more(
    engine: Engine, settings: WorkerSettings
) -> None:
    stored(engine, NOW, **ANN)
    requests = [
        {"requested_by": {"kind": kind, "id": user, "name": "ann"}}
        for kind, user in (("user", "u1"), ("staff", "u1"), ("service", "u1"), ("user", "u2"))
    ]
    found = [
        stored(engine, NOW, user_id="u2", actor_kind="system", extras={"x": 1, **request})
        for request in requests
    ]

    erase(settings, "u1")

    assert [event(engine, each)["extras"] for each in found] == [
        {"x": 1}, *({"x": 1, **request} for request in requests[1:]),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["staff", "service"])
def test_staff_and_services_with_the_users_id_are_others(
    engine: Engine, settings: WorkerSettings, database_url: str, kind: str
) -> None:
    acting = {"actor_kind": kind, "actor_id": "u1", "actor_name": "Sam"}
    done = stored(engine, NOW, user_id="u2", **acting, ip="192.0.2.9", additional={"x": "Sam"})
    look = {"about": "all", "filters": {"text": "Sam", "address": "192.0.2.9"}}
    searched = stored(engine, NOW, scope="system", tag="admin:history:view", additional=look)
    raw = json.dumps({"tag": "account:login:success", "actor": {"kind": kind, "id": "u1", "name": "Sam"}})
    letter(engine, raw.encode())
    stored(engine, NOW, **ANN)
    before = [event(engine, each) for each in (done, searched)]

    receipt = erase(settings, "u1")

    assert (receipt.events, receipt.dead_letters) == (1, 0)
    assert [event(engine, each) for each in (done, searched)] == before
    assert letters(database_url) == [raw.encode()]
    assert "events that staff or a service did whose id is the same: 1" in receipt.unreached


def test_an_id_that_is_too_long_to_be_stored_is_found_as_emit_stores_it(
    engine: Engine, settings: WorkerSettings
) -> None:
    long = "https://idp.example/" + "u" * 300
    own = stored(engine, NOW, user_id=id_of("user", long), user_name="ann")
    hold = add_hold(settings, "user", long, reason="a lawsuit")
    assert (erasure_plan(settings, long).held, erase(settings, long).held) == (1, 1)
    release_hold(settings, hold.id)

    receipt = erase(settings, long)

    assert (receipt.user_id, receipt.events) == (id_of("user", long), 1)
    assert event(engine, own)["user_name"] is None


def test_erasing_again_finds_nothing_more(engine: Engine, settings: WorkerSettings) -> None:
    stored(engine, NOW, **ANN, **BY_ANN)
    letter(engine, json.dumps({"tag": "x", "user": {"id": "u1", "name": "ann"}}).encode())
    first = erase(settings, "u1")

    again = erase(settings, "u1")

    assert (first.events, first.dead_letters) == (1, 1)
    assert (again.events, again.dead_letters, again.erasure_id) == (0, 0, (first.erasure_id or 0) + 1)


def test_a_plan_counts_what_an_erasure_does_and_changes_nothing(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    own = stored(engine, NOW, **ANN, **BY_ANN)
    letter(engine, json.dumps({"tag": "x", "user": {"id": "u1", "name": "ann"}}).encode())
    before = (event(engine, own), letters(database_url))

    planned = erasure_plan(settings, "u1")

    assert (planned.events, planned.dead_letters, planned.erasure_id) == (1, 1, None)
    assert (event(engine, own), letters(database_url)) == before
    assert query(database_url, "SELECT id FROM erasures") == []


def test_dead_letters_lose_the_users_data_and_no_others_do(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    named = {
        "v": 1,
        "tag": "account:email:add",
        "user": {"id": "u1", "name": "ann"},
        "actor": {"kind": "user", "id": "u1", "name": "ann", "credential": {"kind": "s", "label": "ann's"}},
        "ip": "198.51.100.999",
        "user_agent": "twine/6",
        "additional": {"email": "ann@example.org"},
        "unknown": "ann",
    }
    by_bob = named | {"actor": {"kind": "user", "id": "u2", "name": "bob"}}
    of_bob = json.dumps(named).replace("u1", "u2").encode()
    raws = [json.dumps(named).encode(), json.dumps(by_bob).encode(), of_bob, b"not json: u1, ann", b"u11"]
    for number, raw in enumerate(raws):
        letter(engine, raw, number)

    receipt = erase(settings, "u1")

    own, bobs, *rest = letters(database_url)
    assert json.loads(own) == {
        "v": 1,
        "tag": "account:email:add",
        "user": {"id": "u1", "name": None},
        "actor": {"kind": "user", "id": "u1", "name": None, "credential": {"kind": "s", "label": None}},
        "ip": None,
        "user_agent": None,
        "additional": {},
    }
    assert json.loads(bobs)["ip"] == "198.51.100.999"
    assert json.loads(bobs)["actor"]["name"] == "bob"
    assert rest == [of_bob, b"", b"u11"]
    assert receipt.dead_letters == 3
    details = query(database_url, "SELECT detail FROM dead_letters ORDER BY id")
    assert ["ann" in row["detail"] for row in details] == [False, False, True, False, True]


def test_a_quarantined_message_keeps_its_event_without_the_users_data(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    said = {"tag": "account:login:success", "user": {"id": "u1", "name": "ann"}, "additional": {"x": "ann"}}
    letter(engine, b'e=%b\ninvalid={"problem":"ann"}\n' % json.dumps(said).encode())

    erase(settings, "u1")

    [raw] = letters(database_url)
    assert b"ann" not in raw
    assert raw.startswith(b'e={"tag":"account:login:success","user":{"id":"u1","name":null}')


def test_what_waits_in_the_stream_is_stored_first_and_then_erased(
    settings: WorkerSettings, client: redis.Redis, database_url: str
) -> None:
    put(client, an_event(user=Subject(id="u1", name="ann"), actor=Actor(kind="user", id="u1", name="ann")))
    with pytest.raises(Undrained, match="messages in the stream are not stored yet"):
        erase(settings, "u1", wait_seconds=0.2)
    assert query(database_url, "SELECT id FROM erasures") == []
    drainer = Drainer(settings, "test/1")
    drainer.run(5)
    drainer.close()

    receipt = erase(settings, "u1", wait_seconds=5)

    assert receipt.events == 1
    assert query(database_url, "SELECT user_id, user_name FROM events WHERE scope = 'user'") == [
        {"user_id": "u1", "user_name": None}
    ]


def test_nothing_is_erased_while_redis_cannot_say_what_is_in_the_stream(
    engine: Engine, database_url: str
) -> None:
    own = stored(engine, NOW, **ANN)
    settings = settings_for("redis://127.0.0.1:1/0", database_url)
    with pytest.raises(StreamUnavailable):
        erase(settings, "u1")
    assert event(engine, own)["user_name"] == "ann"


def test_holds_win_and_the_erasure_says_so(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    held = stored(engine, days_ago(3), organization_id="o1", **ANN, **BY_ANN)
    free = stored(engine, days_ago(3), **ANN, **BY_ANN)
    raw = json.dumps({"tag": "x", "user": {"id": "u1", "name": "ann"}, "organization": {"id": "o1"}}).encode()
    letter(engine, raw)
    hold = add_hold(settings, "organization", "o1", reason="a lawsuit")
    before = event(engine, held)
    planned = erasure_plan(settings, "u1")

    receipt = erase(settings, "u1", by="ops")

    assert (planned.events, planned.held) == (receipt.events, receipt.held) == (1, 2)
    assert [(kept.id, kept.reason) for kept in receipt.holds] == [(hold.id, "a lawsuit")]
    assert event(engine, held) == before
    assert event(engine, free)["user_name"] is None
    assert letters(database_url) == [raw]
    [said] = told(database_url, "system:erasure:finish")
    assert said == {
        "erasure_id": str(receipt.erasure_id),
        "user_id": "u1",
        "events": 1,
        "dead_letters": 0,
        "import_lines": 0,
        "held": 2,
        "holds": [hold.id],
    }
    [record] = query(database_url, "SELECT * FROM erasures")
    assert (record["requested_by"], record["receipt"]["events"], record["holds"]) == ("ops", 1, [hold.id])

    release_hold(settings, hold.id)
    assert erase(settings, "u1").events == 1
    assert event(engine, held)["user_name"] is None


def test_an_erasure_that_died_is_finished_by_the_next_in_the_same_record(
    engine: Engine, settings: WorkerSettings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(25):
        stored(engine, days_ago(number / 1e6), **ANN)
    monkeypatch.setattr("trailkeeper.worker.retention.erasing.events.BATCH", 10)
    with monkeypatch.context() as patch:
        page, calls = events.page, iter(range(100))

        def dying(connection: Any, whose: Any, scope: str, after: Any) -> Any:
            if next(calls) == READ_TWICE + 1:
                raise KeyboardInterrupt
            return page(connection, whose, scope, after)

        patch.setattr(events, "page", dying)
        with pytest.raises(KeyboardInterrupt):
            erase(settings, "u1")
    assert query(database_url, "SELECT count(*) AS n FROM events WHERE user_name IS NULL") == [{"n": 10}]

    receipt = erase(settings, "u1")

    assert receipt.events == 25
    assert query(database_url, "SELECT count(*) AS n FROM erasures") == [{"n": 1}]
    assert count(engine) == 25


def test_the_receipt_names_what_waits_in_an_applications_own_broker(
    engine: Engine, settings: WorkerSettings
) -> None:
    stored(engine, NOW, **ANN)
    assert [what for what in erase(settings, "u1").unreached if "application's own Celery broker" in what]


def test_two_erasures_never_run_at_once(engine: Engine, settings: WorkerSettings) -> None:
    with transaction(engine) as other:
        other.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ERASING})
        with pytest.raises(Busy, match="another erasure is running"):
            erase(settings, "u1")


def test_lines_of_an_import_that_wait_lose_the_users_data_before_they_are_stored(
    engine: Engine, settings: WorkerSettings, database_url: str, tmp_path: Path
) -> None:
    ann = {"user": {"id": "u1", "name": "ann"}, "actor": {"kind": "user", "id": "u1", "name": "ann"}}
    bob = {"user": {"id": "u2", "name": "bob"}}
    start_import(
        engine,
        write_lines(tmp_path / "f", [a_line(1, **ann), a_line(2, **bob), "u1 is no JSON", "u11 neither"]),
    )
    planned = erasure_plan(settings, "u1")

    receipt = erase(settings, "u1")

    assert planned.import_lines == receipt.import_lines == 2
    assert (receipt.events, receipt.dead_letters, receipt.held) == (0, 0, 0)
    runner = Runner(settings)
    assert counts(run_to_end(runner, 1)) == ("finished", 4, 2, 0, 2)
    runner.close()
    found = query(
        database_url, "SELECT user_id, user_name, actor_name, ip FROM events WHERE scope = 'user' ORDER BY id"
    )
    assert [(row["user_id"], row["user_name"], row["ip"] is None) for row in found] == [
        ("u1", None, True),
        ("u2", "bob", False),
    ]
    assert letters(database_url) == [b"", b"u11 neither"]
    assert erase(settings, "u1").events == 0
    [record] = query(database_url, "SELECT import_lines FROM erasures ORDER BY id LIMIT 1")
    assert record["import_lines"] == 2


def test_lines_that_were_got_ready_ahead_are_read_again_after_an_erasure(
    engine: Engine,
    settings: WorkerSettings,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(staging, "LINES", 1)
    ann = {"user": {"id": "u1", "name": "ann"}, "actor": {"kind": "user", "id": "u1", "name": "ann"}}
    bob = {"user": {"id": "u2", "name": "bob"}}
    start_import(engine, write_lines(tmp_path / "f", [a_line(1, **bob), a_line(2, **ann)]))
    looked = threading.Event()
    real: Any = vars(importing)["from_lines"]

    def looking(content: Any) -> Any:
        found = real(content)
        if any(b"ann" in (message.payload or b"") for message in found[0]):
            looked.set()
        return found

    monkeypatch.setattr(importing, "from_lines", looking)
    runner = Runner(settings)
    runner.step(1)
    assert looked.wait(10)  # the second line is at hand, with all that it says

    assert erase(settings, "u1").import_lines == 1

    assert counts(run_to_end(runner, 1)) == ("finished", 2, 2, 0, 0)
    runner.close()
    rows = query(database_url, "SELECT user_name, ip FROM events WHERE user_id = 'u1' AND scope = 'user'")
    assert rows == [{"user_name": None, "ip": None}]


def test_lines_of_an_import_that_are_held_stay_as_they_are(
    engine: Engine, settings: WorkerSettings, tmp_path: Path
) -> None:
    start_import(engine, write_lines(tmp_path / "f", [a_line(1, user={"id": "u1", "name": "ann"})]))
    hold = add_hold(settings, "user", "u1", reason="a lawsuit")

    receipt = erase(settings, "u1")

    assert (receipt.import_lines, receipt.held, [kept.id for kept in receipt.holds]) == (0, 1, [hold.id])
    runner = Runner(settings)
    run_to_end(runner, 1)
    runner.close()
    with transaction(engine) as connection:
        names = connection.scalars(text("SELECT user_name FROM events WHERE imported_by = 1"))
        assert list(names) == ["ann"]


def test_an_erasure_waits_for_the_chunk_of_an_import_under_way(
    engine: Engine, settings: WorkerSettings, tmp_path: Path
) -> None:
    start_import(engine, write_lines(tmp_path / "f", [a_line(1, user={"id": "u1", "name": "ann"})]))
    with ThreadPoolExecutor(1) as pool, transaction(engine) as chunk:
        assert lock(chunk, 1) is not None
        erasing = pool.submit(erase, settings, "u1")
        blocked = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        until(lambda: chunk.scalar(text(blocked)), what="the erasure waits")
        assert not erasing.done()
        chunk.commit()
        assert erasing.result(10).import_lines == 1
