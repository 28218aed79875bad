"""No full address is older than the settings allow: not in an event's own field, and nowhere else."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from tests.support.drains import query
from tests.support.harmless_keys import filled
from tests.support.retained import NOW, days_ago, event, stored
from tests.support.rows import event_row, store, store_in
from trailkeeper.models.engine import transaction
from trailkeeper.models.tables import DeadLetterRow
from trailkeeper.producer.catalogue import load
from trailkeeper.worker.retention import add_hold, scrub, scrub_plan
from trailkeeper.worker.retention.addresses import ADDRESS, CANDIDATE, cut_addresses
from trailkeeper.worker.retention.personal import has_address, has_address_in_json
from trailkeeper.worker.settings import WorkerSettings

V4, V6 = "198.51.100.23", "2001:db8:1:2:3::4"
CATALOGUE = load()
OWN = """
[events."shop:order:note"]
scope = "project"
sentence = "{actor} noted"
payload = { people = "array", at = "object", version = "string" }
personal = ["people.address", "at.from.peer"]
"""


@pytest.fixture
def settings(database_url: str) -> WorkerSettings:
    return WorkerSettings(database_url=database_url)


def test_of_every_shipped_type_no_field_and_no_payload_key_keeps_a_full_address(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    """With the settings' defaults."""
    rows = []
    for number, kind in enumerate(CATALOGUE):
        for address in (V4, V6):
            columns = {"scope": kind.scope, "tag": kind.tag, "ip": address}
            names = dict.fromkeys(
                ("user_name", "actor_name", "on_behalf_of_name", "credential_label"), address
            )
            payload = filled(kind, f"from {address}:443, again")
            rows.append(
                event_row(
                    days_ago(366 + number / 1e6),
                    **columns,
                    **names,
                    additional=payload,
                    extras={"peers": [{"of": {address: address}}]},
                )
            )
    store(engine, *rows)
    planned = {each.partition: each.events for each in scrub_plan(settings, NOW)}

    done = {each.partition: each.events for each in scrub(settings, NOW)}

    tags = ", ".join(f"'{kind.tag}'" for kind in CATALOGUE)
    left = query(database_url, f"SELECT to_jsonb(e)::text AS row FROM events AS e WHERE tag IN ({tags})")
    left = [row["row"] for row in left if "scrub_id" not in row["row"]]
    assert len(left) == len(rows) == sum(done.values()) == sum(planned.values())
    assert [row for row in left if V4 in row or V6 in row] == []
    assert all("198.51.100.0/24" in row or "2001:db8:1::/48" in row for row in left)
    assert scrub(settings, NOW) == []


def test_an_application_marks_its_own_keys_also_within_lists_and_objects(
    engine: Engine, database_url: str, tmp_path: Any
) -> None:
    (tmp_path / "own.toml").write_text(OWN)
    settings = WorkerSettings(database_url=database_url, catalogue=(str(tmp_path / "own.toml"),))
    payload = {
        "people": [{"address": V4, "version": "1.2.3.4"}, [{"address": [V6]}]],
        "at": {"from": {"peer": {V4: 1}}, "peer": "10.0.0.1"},
        "version": "1.2.3.4",
    }
    old = stored(engine, days_ago(400), scope="project", tag="shop:order:note", additional=payload)

    scrub(settings, NOW)

    assert event(engine, old)["additional"] == {
        "people": [{"address": "198.51.100.0/24", "version": "1.2.3.4"}, [{"address": ["2001:db8:1::/48"]}]],
        "at": {"from": {"peer": {"198.51.100.0/24": 1}}, "peer": "10.0.0.1"},
        "version": "1.2.3.4",
    }


def test_what_is_younger_keeps_its_addresses(engine: Engine, settings: WorkerSettings) -> None:
    payload = {"filters": {"text": V4}}
    young = stored(engine, days_ago(364), scope="system", tag="admin:history:view", ip=V4, additional=payload)
    before = event(engine, young)

    assert scrub(settings, NOW) == []
    assert event(engine, young) == before


def letter(engine: Engine, raw: bytes, **columns: Any) -> int:
    values = {"stream": "s", "stream_id": repr(raw), "digest": raw, "reason": "expired", "deliveries": 1}
    return store_in(engine, DeadLetterRow, raw=raw, detail=f"ip is {V4}", **values | columns)


OLD = {
    "tag": "account:email:send",
    "ip": V4,
    "user": {"id": "u1", "name": "ann"},
    "user_agent": "Chrome/140.0.0.0",
    "occurred_at": days_ago(400).isoformat(),
    "additional": {"subject": f"from {V6}", "redact_ip": True},
    "peer": [V4],
}


def test_dead_letters_lose_addresses_at_the_same_age_counted_from_when_it_happened(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    before = days_ago(366)
    raws = [
        json.dumps(OLD).encode(),
        json.dumps(OLD | {"tag": "no:such", "additional": {"a": [V4]}}).encode(),
        json.dumps(OLD | {"additional": {"client_ip": V4, V6: {"of": V6}}}).encode(),
        f"no JSON: {V4}".encode() + b"\xff",
        b'e=%b\ninvalid={"problem":"ip is %b"}\n' % (json.dumps(OLD).encode(), V4.encode()),
    ]
    for raw in raws:
        letter(engine, raw, recorded_at=before)
    letter(engine, json.dumps(OLD | {"seq": 1}).encode())
    young = json.dumps(OLD | {"occurred_at": days_ago(3).isoformat()}).encode()
    letter(engine, young)
    assert [(each.partition, each.events) for each in scrub_plan(settings, NOW)] == [("dead_letters", 6)]

    [done] = scrub(settings, NOW)

    assert (done.partition, done.events) == ("dead_letters", 6)
    *left, kept = (
        bytes(row["raw"]) for row in query(database_url, "SELECT raw FROM dead_letters ORDER BY id")
    )
    assert kept == young
    assert [raw for raw in left if V4.encode() in raw or V6.encode() in raw] == []
    assert json.loads(left[0]) == OLD | {
        "ip": None,
        "additional": {"subject": "from 2001:db8:1::/48", "redact_ip": True},
        "peer": ["198.51.100.0/24"],
    }
    assert left[3] == b"no JSON: 198.51.100.0/24\xff"
    assert scrub(settings, NOW) == []


def test_a_dead_letter_that_is_held_keeps_its_address(
    engine: Engine, settings: WorkerSettings, database_url: str
) -> None:
    raw = json.dumps(OLD).encode()
    letter(engine, raw)
    hold = add_hold(settings, "user", "u1", reason="a lawsuit")

    [done] = scrub(settings, NOW)

    assert (done.partition, done.events, done.held, done.holds) == ("dead_letters", 0, 1, (hold.id,))
    assert [bytes(row["raw"]) for row in query(database_url, "SELECT raw FROM dead_letters")] == [raw]


def test_dead_letters_past_the_age_of_the_scrub_hold_nothing_personal(
    engine: Engine, database_url: str
) -> None:
    settings = WorkerSettings(database_url=database_url, scrub_address_days="never", scrub_days=100)
    actor = {"kind": "user", "id": "u1", "name": "ann", "credential": {"kind": "s", "label": "ann's"}}
    letter(engine, json.dumps(OLD | {"actor": actor}).encode())
    letter(engine, b"ann, no JSON", recorded_at=days_ago(101))

    scrub(settings, NOW)

    own, other = (
        bytes(row["raw"]) for row in query(database_url, "SELECT raw FROM dead_letters ORDER BY id")
    )
    assert b"ann" not in own
    assert json.loads(own)["additional"] == {"redact_ip": True}
    assert other == b""


PARTS = st.sampled_from(
    [V4, V6, "198.51.100.0/24", "2001:db8:1::/48", ".", ":", "::", "/", "1", " ", "f", "z", "\n", "\t", '"',
     "\x01", "\x16", "\f", "\b", "\x7f", "\\", "\\n", "\\u0001", "\\x1b", "%20", "%3A", "IPv6:", "e:",
     V6.replace(":", "%253a"), V6.replace(":", "\\u003A"), V6.replace(":", "\uff1a"),
     V4.replace(".", "%252E"), V4.replace(".", "\\\\u002e"), V4.replace(".", "\uff0e"), "%25", "3A",
     "\uff11", "\u3002"]
)  # fmt: skip


def test_postgres_and_python_find_the_same_addresses(engine: Engine) -> None:
    """So that what was cut is not due again, and what is due is cut."""
    in_text = has_address("CAST(:value AS text)")
    in_json = has_address_in_json("jsonb_build_array(CAST(:value AS text))")
    statement = text(f"SELECT {in_text}, {in_json}")
    with transaction(engine) as connection:

        @hypothesis_settings(max_examples=500, deadline=None)
        @given(st.lists(PARTS, max_size=6).map("".join) | st.text("0125.:/af x\n\f\x01\\u%", max_size=20))
        def check(value: str) -> None:
            for each in (value, cut_addresses(value)):
                values = {"value": each, "candidate": CANDIDATE, "address": ADDRESS}
                expected = re.search(ADDRESS, each) is not None
                assert tuple(connection.execute(statement, values).one()) == (expected, expected), each

        check()


@pytest.mark.parametrize("before", ["\x01", "\x16", "\x1b", "\n", "\\", "\\u0001", "%20", '"', "IPv6:", "d:"])
@pytest.mark.parametrize("address", [V4, V6])
def test_nothing_that_stands_before_an_address_keeps_it(
    engine: Engine, settings: WorkerSettings, before: str, address: str
) -> None:
    columns = {"scope": "system", "tag": "admin:ip_address:ban", "actor_name": f"{before}{address}"}
    said = {"reason": f"{before}{address}: again"}
    old = stored(engine, days_ago(400), **columns, additional=said, extras=said)

    scrub(settings, NOW)

    assert address not in str(event(engine, old))
    assert scrub(settings, NOW) == []
