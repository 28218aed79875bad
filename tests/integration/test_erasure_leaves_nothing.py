"""After an erasure, nothing that tells of the person is in any table or file that it says it reached."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import Engine, insert

from tests.support.backfills import a_line, start_import, write_lines
from tests.support.draining import a_drain
from tests.support.drains import STREAM, an_event, put, query, settings_for
from tests.support.dumps import texts
from tests.support.harmless_keys import filled
from tests.support.retained import NOW, days_ago, stored, told
from tests.support.rows import event_row, store, store_in
from tests.support.servers import redis_8, serving, valkey
from tests.support.spooling import a_queue, soon
from trailkeeper.models.engine import transaction
from trailkeeper.models.tables import DeadLetterRow, Outgoing
from trailkeeper.producer.catalogue import EventType, load
from trailkeeper.producer.event import Actor, Credential, Subject
from trailkeeper.producer.transports import RedisStream
from trailkeeper.producer.wire import encode
from trailkeeper.worker.retention import collect_orphans, erase
from trailkeeper.worker.settings import WorkerSettings

USER, NAME, LOGIN, EMAIL = "user-4711", "Annabelle Needle", "ann-needle", "ann.needle@example.org"
V4, V6, AGENT, LABEL = "203.0.113.77", "2001:db8:77::7", "NeedleAgent/7", "needle's laptop"
FORMS = ("2001:0db8:0077:0:0:0:0:7", "2001:DB8:77::7", "203.000.113.077", "::ffff:cb00:714d")
"""The same addresses, written otherwise."""
NEEDLES = ("needle", V4, V6)
CATALOGUE = list(load())
SELF = {"actor_kind": "user", "actor_id": USER, "actor_name": LOGIN}
STAFF = {"actor_kind": "staff", "actor_id": "s1", "actor_name": "Sam Staff", "ip": "192.0.2.9"}
SERVICE = {"actor_kind": "service", "actor_id": "ci", "actor_name": f"CI of {NAME}"}
ORIGIN = {"ip": V4, "credential_kind": "api_token", "credential_id": "needle-1", "credential_label": LABEL}


def needles_in(content: str | bytes) -> list[str]:
    found = content if isinstance(content, str) else content.decode("utf-8", "replace")
    return [needle for needle in NEEDLES if needle in found.casefold()]


def own_events(kind: EventType) -> list[dict[str, Any]]:
    """The user acting, a service on the user's behalf, staff and nobody known doing something to the user."""
    payload = filled(kind, f"{NAME} <{EMAIL}> from {V4}")
    of_user = {"user_id": USER, "user_name": NAME}
    principal = {"on_behalf_of_id": USER, "on_behalf_of_name": NAME}
    ways = [
        {**of_user, **SELF, **ORIGIN},
        {**SERVICE, **principal, **ORIGIN},
        {**of_user, **STAFF},
        {**of_user, "actor_kind": "system", "actor_name": f"job of {NAME}", **ORIGIN, "ip": V6},
        {**of_user, **SERVICE, **ORIGIN},
    ]
    common = {"scope": kind.scope, "tag": kind.tag, "additional": payload, "extras": {"x": NAME}}
    return [{**way, **common} for way in ways]


BY_OTHERS: list[tuple[str, dict[str, Any], dict[str, Any] | None]] = [
    ("admin:history:view", {"about": "user", "id": USER, "filters": {"text": "needle", "tags": ["a:b"]}},
     {"about": "user", "id": USER, "filters": {"tags": ["a:b"]}}),
    ("admin:history:view", {"about": "actor", "id": USER, "filters": {"text": "needle", "scope": "user"}},
     {"about": "actor", "id": USER, "filters": {"scope": "user"}}),
    ("admin:history:view", {"about": "project", "id": "p1", "filters": {"actor": USER, "text": "needle"}},
     {"about": "project", "id": "p1", "filters": {}}),
    ("admin:history:view", {"about": "all", "filters": {"actor": USER, "client": AGENT, "asn": "1"}},
     {"about": "all", "filters": {"asn": "1"}}),
    ("admin:history:view", {"about": "all", "filters": {"text": NAME.upper(), "since": "2026"}},
     {"about": "all", "filters": {"since": "2026"}}),
    ("admin:history:export", {"about": "all", "filters": {"address": V4, "actor": LOGIN}},
     {"about": "all", "filters": {}}),
    ("admin:history:export", {"about": "user", "id": "u9", "filters": {"text": f"x {EMAIL}!"}},
     {"about": "user", "id": "u9", "filters": {}}),
    ("admin:ip_address:ban", {"address": V6, "reason": f"{EMAIL} wrote from there"}, None),
    ("admin:ip_address:ban", {"address": "192.0.2.1", "reason": "spam"},
     {"address": "192.0.2.1", "reason": "spam"}),
    ("admin:ip_address:ban", {"address": "192.0.2.2", "reason": f"“{EMAIL}” [IPv6:{V6}], {V6}: refused"},
     {"address": "192.0.2.2"}),
    ("project:role:add", {"target_user": EMAIL, "submitted_by": "bob", "role_name": "Owner"},
     {"submitted_by": "bob", "role_name": "Owner"}),
]  # fmt: skip
"""What others did, without naming the user's id; and what stays of it."""


EVENT = {
    "tag": "account:email:add",
    "user": {"id": USER, "name": NAME},
    "actor": {"kind": "user", "id": USER, "name": LOGIN, "credential": {"kind": "s", "id": "needle-1"}},
    "ip": V4,
    "user_agent": AGENT,
    "additional": {"email": EMAIL},
}
ESCAPED = "".join(f"\\u{ord(letter):04x}" for letter in USER)
LETTERS = [
    json.dumps(EVENT),
    json.dumps(EVENT, ensure_ascii=True).replace(USER, ESCAPED),
    json.dumps(EVENT, sort_keys=True, indent=2),
    json.dumps(dict(reversed(EVENT.items()))),
    json.dumps(EVENT).replace(NAME, "".join(f"\\u{ord(letter):04X}" for letter in NAME)),
    json.dumps([EVENT, {"tag": "x"}]),
    json.dumps({"account": {"user_id": USER, "name": NAME}}),
    json.dumps({"account": {"userId": USER, "who": {"name": NAME}}, "tag": "x"}),
    json.dumps({"tag": "no:such", "user": USER, "additional": {"anything": NAME}}),
    json.dumps({"tag": "no:such", "user": {"id": "u9"}, "additional": {"to": [EMAIL], "n": {V4: EMAIL}}}),
    json.dumps({"e": json.dumps(json.dumps(EVENT))}),
    json.dumps({"tag": "x", "actor": [EVENT["actor"]], "user": {"id": {"id": USER}, "name": {"is": NAME}}}),
    json.dumps(EVENT)[:-1],
    json.dumps(EVENT).replace(USER, ESCAPED)[:-1],
    json.dumps(EVENT)[:-1] + ', "user": {"id": "u9", "name": "bob"}, "actor": null, "ip": null}',
    f"GET /?user={USER}&name={NAME}",
    f"GET /?user={USER.replace('-', '%2D')}&name={NAME}",
    f"mail to {EMAIL}, {NAME}",
    f"e={json.dumps(EVENT)}\ninvalid={json.dumps({'problem': EMAIL})}\n",
    f"e={json.dumps(EVENT)}\nx={NAME}\n",
]


@pytest.fixture(params=[valkey, redis_8], ids=["valkey", "redis_8"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """The folder of a server of this test's own, which keeps an append-only file and snapshots."""
    folder = tmp_path / "redis"
    with serving(request.param(folder)):
        yield folder


@pytest.fixture
def settings(server: Path, database_url: str, tmp_path: Path) -> WorkerSettings:
    password, port = ((server / name).read_text().strip() for name in ("password", "port"))
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    return settings_for(url, database_url, spool=str(tmp_path / "spool.sqlite"))


@pytest.fixture
def draining(settings: WorkerSettings) -> Iterator[None]:
    """A worker, for the time of a test."""
    with a_drain(settings):
        yield


def everywhere(engine: Engine, settings: WorkerSettings, folder: Path) -> None:
    """The person in every place where a person can be."""
    rows = [
        event_row(days_ago(3 + number / 1e6), **columns)
        for number, columns in enumerate(row for kind in CATALOGUE for row in own_events(kind))
    ]
    own = {**SELF, "user_id": USER}
    rows.append(event_row(days_ago(3), tag="account:email:add", **own, additional={"email": EMAIL}))
    # of a type that no catalogue knows any more
    rows.append(event_row(days_ago(3), tag="was:once", **own, additional={"note": NAME}))
    store(engine, *rows)
    for number, (tag, payload, _) in enumerate(BY_OTHERS):
        scope = "project" if tag.startswith("project") else "system"
        stored(engine, days_ago(2 - number / 1e6), scope=scope, tag=tag, **STAFF, additional=payload)
    for number, raw in enumerate(LETTERS):
        columns = {"stream": "s", "stream_id": f"1-{number}", "digest": b"%d" % number, "reason": "malformed"}
        store_in(engine, DeadLetterRow, **columns, detail=f"by {NAME}", deliveries=1, raw=raw.encode())
    with transaction(engine) as connection:
        invalid = json.dumps({"problem": NAME}).encode()
        values = [{"payload": raw.encode(), "invalid": invalid} for raw in LETTERS[:5]]
        connection.execute(insert(Outgoing), values)
    actor = {"kind": "user", "id": USER, "name": NAME}
    line = a_line(1, user={"id": USER, "name": NAME}, actor=actor, user_agent=AGENT)
    escaped = json.dumps(line).replace(USER, ESCAPED)
    start_import(engine, write_lines(folder / "lines", [line, escaped]))
    others = {**a_line(2), "tag": "admin:ip_address:ban", "actor": {"kind": "staff", "id": "s1"}}
    for number, address in enumerate(FORMS):
        banned = {**others, "additional": {"address": address, "reason": "spam"}}
        start_import(engine, write_lines(folder / f"lines{number}", [banned]))
    who = Actor(kind="user", id=USER, name=LOGIN, credential=Credential(kind="api_token", label=LABEL))
    event = an_event(user=Subject(id=USER, name=NAME), actor=who, ip=V4, user_agent=AGENT)
    queue = a_queue(folder, place=RedisStream(settings.redis_url, STREAM).place)
    queue.put(
        {b"e": encode(an_event(user=event.user, actor=who, ip=V6, user_agent=AGENT))}, event.tag, soon()
    )
    with redis.Redis.from_url(settings.redis_url) as client:
        put(client, event)
        client.config_set("save", "3600 1")
        client.save()


@pytest.mark.usefixtures("draining")
def test_an_erasure_leaves_nothing_of_a_person_in_any_table_or_file(
    engine: Engine, settings: WorkerSettings, server: Path, database_url: str, tmp_path: Path
) -> None:
    everywhere(engine, settings, tmp_path)
    assert set(needles_in(texts(database_url))) == set(NEEDLES)
    assert any(needles_in(path.read_bytes()) for path in server.rglob("*.rdb"))

    receipt = erase(settings, USER, by="sam")

    [agents] = [what for what in receipt.unreached if "user agents" in what]
    assert agents.startswith("user agents that no event uses any more, perhaps of other people: 1;")
    collect_orphans(settings, grace_hours=0)
    lines = [line for line in texts(database_url).splitlines() if needles_in(line)]
    assert lines == []
    files = [path for path in server.rglob("*") if path.is_file()]
    assert {".rdb", ".aof"} <= {path.suffix for path in files}
    assert [path.name for path in files if needles_in(path.read_bytes())] == []
    assert [path.name for path in tmp_path.glob("spool.sqlite*") if needles_in(path.read_bytes())] == []
    assert not [what for what in receipt.unreached if what.startswith("Redis")]
    assert receipt.events > len(CATALOGUE)
    assert (receipt.dead_letters, receipt.import_lines, receipt.held) == (len(LETTERS), 2 + len(FORMS), 0)
    assert erase(settings, USER).events == 0


@pytest.mark.usefixtures("draining")
def test_what_others_did_stays_without_what_tells_of_the_person(
    engine: Engine, settings: WorkerSettings, database_url: str, tmp_path: Path
) -> None:
    everywhere(engine, settings, tmp_path)

    erase(settings, USER)

    for tag in sorted({tag for tag, _, _ in BY_OTHERS}):
        rows = query(
            database_url,
            "SELECT * FROM events WHERE tag = :tag AND num_nulls(user_id, on_behalf_of_id) = 2 ORDER BY id",
            tag=tag,
        )
        assert [row["additional"] for row in rows] == [left for each, _, left in BY_OTHERS if each == tag]
        assert {(row["actor_name"], row["ip"]) for row in rows} == {("Sam Staff", "192.0.2.9")}
    done_to_her = query(
        database_url, "SELECT * FROM events WHERE user_id = :user AND actor_id = 's1'", user=USER
    )
    assert len(done_to_her) == len(CATALOGUE)
    assert {(row["actor_name"], row["ip"], row["user_name"]) for row in done_to_her} == {
        ("Sam Staff", "192.0.2.9", None)
    }


def test_a_name_that_is_a_word_takes_nothing_from_events_about_somebody_else(
    engine: Engine, settings: WorkerSettings
) -> None:
    """Or whoever calls himself "spam" could have the reasons erased for which others were frozen."""
    stored(engine, NOW, user_id=USER, user_name="spam")
    others: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("admin:user:freeze", {"user_id": "u9"}, {"reason": "spam"}),
        ("admin:ip_address:ban", {"scope": "system"}, {"address": "192.0.2.1", "reason": "spam"}),
        ("admin:prohibited_name:add", {"scope": "system"}, {"name": "spam"}),
        ("project:role:add", {"scope": "project", "project_id": "p1"}, {"target_user": "spam"}),
        ("project:role:remove", {"scope": "project"}, {"target_user": "x", "submitted_by": "spam"}),
    ]
    for tag, columns, payload in others:
        stored(engine, NOW, tag=tag, **columns, additional=payload)

    assert erase(settings, USER).events == 1
    assert [told(str(settings.database_url), tag) for tag, _, _ in others] == [
        [said] for _, _, said in others
    ]


def test_the_receipt_says_that_redis_files_were_not_rewritten(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    stored(engine, NOW, user_id=USER, user_name=NAME)
    rules = "on >secret ~* &* +@all -@admin -@dangerous +info"
    with redis.Redis.from_url(settings.redis_url) as client:
        client.execute_command("ACL", "SETUSER", "worker", *rules.split())
    url = f"redis://worker:secret@{settings.redis_url.rpartition('@')[2]}"

    receipt = erase(settings_for(url, database_url), USER)

    assert receipt.events == 1
    files = [what for what in receipt.unreached if what.startswith("Redis")]
    assert ["append-only file" in files[0], "snapshot" in files[1]] == [True, True]
    assert "run BGREWRITEAOF as its administrator" in files[0]
    [record] = query(database_url, "SELECT receipt FROM erasures")
    assert record["receipt"]["unreached"] == receipt.unreached


def test_needles_are_found_where_they_are() -> None:
    """The test itself: none of the letters is without one."""
    assert [raw for raw in LETTERS if not needles_in(raw.encode().decode("unicode_escape"))] == []
