"""An erasure takes from others what is surely the person's, not what the account only said of itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from tests.support.drains import query, settings_for
from tests.support.retained import NOW, stored
from tests.support.rows import store_in
from trailkeeper.models.engine import transaction
from trailkeeper.models.tables import DeadLetterRow
from trailkeeper.producer.catalogue import load
from trailkeeper.worker.retention import erase, erasure_plan
from trailkeeper.worker.retention.emails import emails_in
from trailkeeper.worker.retention.erasing.claims import MAY_BE_NAMED, Claims, like
from trailkeeper.worker.retention.erasing.events import NAMES
from trailkeeper.worker.retention.personal import PersonalKeys
from trailkeeper.worker.settings import WorkerSettings

EMAIL, ADDRESS = "victor@victim.example", "198.51.100.5"
RECORDS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("admin:user:freeze", {"user_id": "u9"}, {"reason": f"phished {EMAIL}"}),
    ("admin:ip_address:ban", {"scope": "system"}, {"address": ADDRESS, "reason": f"{EMAIL} told us"}),
    ("admin:history:view", {"scope": "system"}, {"about": "all", "filters": {"text": EMAIL}}),
    ("project:role:add", {"scope": "project", "project_id": "p1"}, {"target_user": EMAIL}),
]
"""What others did, and what tells of the address in it."""
KEYS = PersonalKeys(load())


@pytest.fixture
def settings(redis_url: str, database_url: str) -> WorkerSettings:
    return settings_for(redis_url, database_url)


@pytest.fixture
def records(engine: Engine) -> None:
    staff = {"actor_kind": "staff", "actor_id": "s1", "actor_name": "Sam"}
    for tag, columns, payload in RECORDS:
        stored(engine, NOW, tag=tag, **staff, **columns, additional=payload)
    about = {"stream": "s", "stream_id": "1-1", "digest": b"1", "reason": "malformed", "detail": "x"}
    store_in(engine, DeadLetterRow, **about, deliveries=1, raw=f"mail to {EMAIL}: broken".encode())


def said(engine: Engine, user: str, tag: str = "account:email:add", **columns: Any) -> None:
    """An event in which an account says something of itself."""
    own = {"user_id": user, "actor_kind": "user", "actor_id": user, "tag": tag}
    stored(engine, NOW, **own | columns)


def left(database_url: str) -> list[Any]:
    """What is left of the records, and of the dead letter."""
    found = "SELECT additional FROM events WHERE tag = :tag AND actor_id = 's1'"
    payloads = [row["additional"] for tag, _, _ in RECORDS for row in query(database_url, found, tag=tag)]
    return [*payloads, bytes(query(database_url, "SELECT raw FROM dead_letters")[0]["raw"])]


UNTOUCHED = [*(payload for _, _, payload in RECORDS), f"mail to {EMAIL}: broken".encode()]
EMPTIED = [None, {"address": ADDRESS}, {"about": "all", "filters": {}}, None, b""]


@pytest.mark.usefixtures("records")
@pytest.mark.parametrize(
    "others",
    [
        {"additional": {"email": EMAIL.upper()}},
        {"tag": "account:email:verify", "additional": {"email": EMAIL}},
        {"tag": "account:email:primary:change", "additional": {"old_primary": "x@y.z", "new_primary": EMAIL}},
        {"tag": "account:email:send", "additional": {"to": f"Victor <{EMAIL}>"}},
        {"tag": "account:email:send", "additional": {"to": f"“email={EMAIL}”"}},
        {"tag": "account:email:send", "additional": {"to": f"{EMAIL}/work"}},
        {"tag": "account:login:success", "user_name": EMAIL},
        {"tag": "account:login:success", "user_name": f"/?to={EMAIL.replace('@', '%40')}"},
        {"tag": "project:create", "scope": "project", "user_id": None, "actor_name": f"Víctor <{EMAIL}>"},
        {"tag": "account:logout", "user_id": "u9", "actor_kind": "staff", "actor_id": "s2",
         "actor_name": EMAIL},
        {"tag": "account:logout", "actor_kind": "service", "actor_id": "ci", "on_behalf_of_id": "u-victim",
         "on_behalf_of_name": EMAIL, "user_id": None},
    ],
    ids=["added", "verified", "made primary", "mailed", "mailed so", "mailed there", "called",
         "called so", "acted", "staff", "acted for"],
)  # fmt: skip
@pytest.mark.parametrize("typed", ["email", "display name", "name"])
def test_what_an_account_only_typed_takes_nothing_where_another_is_known_by_it(
    engine: Engine, settings: WorkerSettings, database_url: str, others: dict[str, Any], typed: str
) -> None:
    said(engine, "u-victim", **others)
    match typed:
        case "email":
            said(engine, "u-spam", additional={"email": EMAIL})
        case "name":
            said(engine, "u-spam", user_name=EMAIL)
        case _:
            said(engine, "u-spam", "account:display_name:change", additional={"new_display_name": EMAIL})

    others_own = (
        "SELECT * FROM events WHERE scope <> 'system' AND user_id IS DISTINCT FROM 'u-spam' ORDER BY id"
    )
    before = query(database_url, others_own)

    receipt = erase(settings, "u-spam")

    assert left(database_url) == UNTOUCHED
    assert query(database_url, others_own) == before
    assert receipt.of_others == receipt.dead_letters == 0
    assert [what for what in receipt.unreached if what.endswith("where they are others' too: 1")]


@pytest.mark.usefixtures("records")
def test_a_verified_address_is_the_persons_though_another_typed_it_too(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    """Or whoever types it would keep it from being erased."""
    said(engine, "u-victim", "account:email:verify", additional={"email": EMAIL})
    said(engine, "u-spam", additional={"email": EMAIL})

    erase(settings, "u-victim")

    assert left(database_url) == EMPTIED
    assert query(database_url, "SELECT additional FROM events WHERE user_id = 'u-spam'") == [
        {"additional": None}
    ]


@pytest.mark.usefixtures("records")
def test_an_address_that_both_verified_is_taken_from_neither_ones_others(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    for user in ("u-victim", "u-spam"):
        said(engine, user, "account:email:verify", additional={"email": EMAIL})

    erase(settings, "u-spam")

    assert left(database_url) == UNTOUCHED


@pytest.mark.usefixtures("records")
def test_an_address_of_nobody_else_is_the_persons_and_the_plan_tells_what_is_looked_for(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    said(engine, "u-victim", additional={"email": EMAIL}, actor_name="Victor", ip=ADDRESS)

    plan, receipt = erasure_plan(settings, "u-victim"), erase(settings, "u-victim")

    assert plan.looked_for == ["vi…", "vi…@victim.example", "198.51.100.0/24"]
    assert receipt.looked_for == []
    assert (plan.events, plan.of_others) == (receipt.events, receipt.of_others) == (4, 3)
    assert left(database_url) == [None, None, EMPTIED[2], UNTOUCHED[3], EMPTIED[4]]
    [typed] = [what for what in receipt.unreached if "only typed, in events of projects" in what]
    assert typed.endswith(": 1")


@pytest.mark.parametrize(
    ("scope", "tag", "key"),
    [
        ("project", "project:role:add", "target_user"),
        ("organization", "organization:organization_role:remove", "reason"),
    ],
)
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    ("own", "goes"),
    [
        ({"additional": {"email": EMAIL}}, False),
        ({"user_name": EMAIL}, False),
        ({"ip": ADDRESS}, False),
        ({"tag": "account:email:verify", "additional": {"email": EMAIL}}, True),
        ({"scope": "project", "tag": "project:create", "actor_name": f"Victor <{EMAIL}>"}, True),
    ],
    ids=["typed", "called", "address", "verified", "called so in a project"],
)
def test_events_that_outlive_those_of_users_lose_only_what_is_verified_or_theirs_there(
    engine: Engine,
    settings: WorkerSettings,
    database_url: str,
    *,
    scope: str,
    tag: str,
    key: str,
    own: dict[str, Any],
    known: bool,
    goes: bool,
) -> None:
    """Of the other's events none may be left, by which it would be known that it is the other's."""
    whose = {f"{scope}_id": "x1", "actor_kind": "user", "actor_id": "u2"}
    said_of = {key: f"{EMAIL} {ADDRESS}", "role_name": "Owner"}
    stored(engine, NOW, scope=scope, tag=tag, **whose, additional=said_of, extras={"note": EMAIL})
    waits = {"tag": tag if known else "no:such", scope: {"id": "x1"}, "additional": said_of, "note": EMAIL}
    about = {"stream": "s", "stream_id": "1-2", "digest": b"2", "reason": "malformed", "detail": "x"}
    store_in(engine, DeadLetterRow, **about, deliveries=1, raw=json.dumps(waits).encode())
    said(engine, "u-spam", **own)

    erase(settings, "u-spam")

    [row] = query(database_url, "SELECT additional, extras FROM events WHERE tag = :tag", tag=tag)
    [letter] = query(database_url, "SELECT raw FROM dead_letters")
    message = json.loads(bytes(letter["raw"]))
    found = [row["additional"], row["extras"], message["additional"], message.get("note")]
    kept = {"role_name": "Owner"} if goes else said_of
    assert found == ([kept, None, kept, None] if goes else [kept, {"note": EMAIL}, kept, EMAIL])


@pytest.mark.usefixtures("records")
@pytest.mark.parametrize(
    ("columns", "stays"),
    [
        ({"actor_kind": "user", "actor_id": "u2"}, True),
        ({"actor_kind": "staff", "actor_id": "u-spam"}, True),
        ({"actor_kind": "service", "on_behalf_of_id": "u2"}, True),
        ({"actor_kind": "service", "actor_id": "ci", "on_behalf_of_id": "u-spam"}, False),
        ({"actor_kind": "anonymous"}, False),
    ],
)
def test_an_address_from_which_others_acted_too_is_not_the_persons(
    engine: Engine, settings: WorkerSettings, database_url: str, columns: dict[str, Any], *, stays: bool
) -> None:
    said(engine, "u-spam", ip=ADDRESS)
    stored(engine, NOW, ip=ADDRESS, **columns)

    erase(settings, "u-spam")

    ban = {"reason": f"{EMAIL} told us"}
    assert left(database_url)[1] == ({"address": ADDRESS} if stays else {}) | ban


@pytest.mark.parametrize("other", [None, "Olga", "olga", "  OLGA\t"])
def test_a_name_counts_in_what_was_looked_for_and_only_while_nobody_else_has_it(
    engine: Engine, settings: WorkerSettings, database_url: str, other: str | None
) -> None:
    said(engine, "u-spam", "account:display_name:change", additional={"new_display_name": "OLGA"})
    said(engine, "u-olga", "account:login:success", user_name=other)
    look = {"about": "all", "filters": {"text": "olga"}}
    stored(engine, NOW, scope="system", tag="admin:history:view", additional=look)

    erase(settings, "u-spam")

    [found] = query(database_url, "SELECT additional FROM events WHERE tag = 'admin:history:view'")
    assert found["additional"] == (look if other else {"about": "all", "filters": {}})


TEXTS = st.text("anAN@.=/' \t\nxé\\%40_", max_size=12) | st.sampled_from(
    [EMAIL, "Victor  Victim", "victor\tVICTIM"]
)


def test_every_event_that_may_be_anothers_claim_is_read(engine: Engine) -> None:
    """What Postgres passes over has nothing in its names that the person is looked for by."""
    columns = ", ".join(f"CAST(:{name} AS text) AS {name}" for name in NAMES.values())
    statement = text(f"SELECT {MAY_BE_NAMED} FROM (SELECT {columns}) AS e")
    with transaction(engine) as connection:

        @hypothesis_settings(max_examples=500, deadline=None)
        @given(st.lists(TEXTS, min_size=3, max_size=3), st.lists(TEXTS, min_size=1, max_size=2))
        def check(names: list[str], own_names: list[str]) -> None:
            row = dict(zip(NAMES.values(), names, strict=True)) | {"tag": "x", "additional": None}
            own, others = Claims(), Claims(emails_of=emails_in)
            others.learn(row, NAMES, KEYS)
            own.learn(
                dict.fromkeys(NAMES.values(), own_names[0]) | {"tag": "x", "additional": None}, NAMES, KEYS
            )
            own.said.update(each for name in own_names for each in emails_in(name))
            is_read = connection.scalar(statement, {**row, "like": [like(each) for each in own.said]})
            assert is_read or own.said.isdisjoint(others.said)

        check()
