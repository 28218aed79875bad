"""What is kept of a wrong call ages and is erased like its event, whatever was passed in whose place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from tests.support.drains import query, settings_for
from tests.support.dumps import texts
from tests.support.retained import NOW, days_ago, stored
from tests.support.rows import store_in
from trailkeeper import Actor, Credential, RequestContext, Subject
from trailkeeper.models.engine import transaction
from trailkeeper.models.tables import DeadLetterRow, Outgoing
from trailkeeper.producer.emitter import Emitter
from trailkeeper.producer.settings import ProducerSettings
from trailkeeper.worker.drain import Drainer
from trailkeeper.worker.retention import erase, scrub
from trailkeeper.worker.settings import WorkerSettings

USER, EMAIL, NAME, ADDRESS = "u-ann", "ann.needle@example.org", "Annabelle Needle", "203.0.113.77"


@dataclass
class Account:
    """A row of an application, which names its id otherwise than `emit` reads it."""

    user_id: str
    name: str
    email: str


ROW: Any = Account(USER, NAME, EMAIL)
ANN = Actor(kind="user", id=USER, name=NAME)
CALLS: dict[str, dict[str, Any]] = {
    "user": {"user": ROW},
    "user and actor": {"user": ROW, "actor": ANN},
    "user's id": {"user": Subject(ROW)},
    "user's name": {"user": Subject("u2", ROW)},
    "project": {"project": ROW},
    "project's name": {"project": Subject("p1", ROW)},
    "organization": {"organization": ROW},
    "principal": {"user": "u2", "actor": Actor(kind="service", id="ci", on_behalf_of=ROW)},
    "actor": {"user": "u2", "actor": ROW},
    "actor's id": {"user": "u2", "actor": Actor(kind="user", id=ROW)},
    "label": {"actor": Actor(kind="user", id="u2", credential=Credential("api_token", "7", ROW))},
    "request id": {"request": RequestContext(request_id=ROW)},
    "tag": {"tag": ROW},
    "payload": {"additional": {"row": ROW}},
    "a list": {"tag": "account:email:add", "user": "u2", "additional": {"email": [EMAIL]}},
}


@pytest.fixture
def settings(redis_url: str, database_url: str) -> WorkerSettings:
    return settings_for(redis_url, database_url)


@pytest.fixture
def emitter(redis_url: str) -> Iterator[Emitter]:
    emitter = Emitter(ProducerSettings(redis_url=redis_url, on_invalid="quarantine"), spool=None)
    yield emitter
    emitter.close()


def kept(emitter: Emitter, settings: WorkerSettings, how: str) -> None:
    call = {"request": RequestContext(ip=ADDRESS, user_agent="x"), "additional": {"no": 1}, **CALLS[how]}
    emitter.emit(call.pop("tag", "account:login:success"), **call)
    drainer = Drainer(settings, "c1")
    drainer.run(5)
    drainer.close()
    assert len(query(settings.database_url, "SELECT id FROM dead_letters")) == 1


@pytest.mark.parametrize("how", CALLS)
def test_an_erasure_leaves_nothing_of_a_row_that_was_passed_in_whatever_place(
    engine: Engine, settings: WorkerSettings, emitter: Emitter, database_url: str, how: str
) -> None:
    own = {"user_id": USER, "actor_kind": "user", "actor_id": USER, "user_name": NAME}
    stored(engine, NOW, tag="account:email:verify", **own, additional={"email": EMAIL})
    kept(emitter, settings, how)
    assert erase(settings, USER).dead_letters == 1
    assert "needle" not in texts(database_url).casefold()


@pytest.mark.parametrize("how", CALLS)
def test_past_the_age_of_the_scrub_nothing_of_it_is_left_and_nothing_is_done_twice(
    settings: WorkerSettings, emitter: Emitter, database_url: str, how: str
) -> None:
    kept(emitter, settings, how)
    aged = WorkerSettings(redis_url=settings.redis_url, database_url=database_url, scrub_days=400)
    scrub(aged, NOW + timedelta(days=500))
    left = query(database_url, "SELECT raw, detail FROM dead_letters")
    assert "needle" not in texts(database_url).casefold()
    assert scrub(aged, NOW + timedelta(days=501)) == []
    assert query(database_url, "SELECT raw, detail FROM dead_letters") == left


def test_what_was_wrong_is_erased_where_it_alone_tells_of_the_person(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    quoting = f"additional.email: '{EMAIL}' of Annabelle"
    columns = {"stream": "s", "digest": b"1", "reason": "quarantined", "deliveries": 1}
    store_in(engine, DeadLetterRow, **columns, stream_id="1-1", detail=quoting, raw=b'{"user":{"id":"u9"}}')
    own = {"user_id": USER, "actor_kind": "user", "actor_id": USER}
    stored(engine, NOW, tag="account:email:verify", **own, additional={"email": EMAIL})
    with transaction(engine) as connection:
        row = {"payload": b'{"user":{"id":"u9"}}', "invalid": quoting.encode()}
        connection.execute(insert(Outgoing), [row])

    erase(settings, USER)

    assert not {"needle", "annabelle"} & set(texts(database_url).casefold().replace(".", " ").split())
    letters = query(database_url, "SELECT raw FROM dead_letters")
    assert [bytes(row["raw"]) for row in letters] == [b'{"user":{"id":"u9"}}']


def test_a_wrong_call_about_something_long_ago_keeps_no_address(
    settings: WorkerSettings, emitter: Emitter, database_url: str
) -> None:
    call: dict[str, Any] = {
        "request": RequestContext(ip=ADDRESS),
        "occurred_at": days_ago(700),
        "additional": {"no": 1},
    }
    emitter.emit("project:create", project="p1", actor=ANN, **call)
    drainer = Drainer(settings, "c1")
    drainer.run(5)
    drainer.close()
    scrub(WorkerSettings(database_url=database_url), NOW)
    [letter] = query(database_url, "SELECT raw FROM dead_letters")
    assert ADDRESS not in bytes(letter["raw"]).decode()
    assert NAME in bytes(letter["raw"]).decode()
