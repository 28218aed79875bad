"""The page of the history format and the code that writes histories say the same."""

from __future__ import annotations

import json
import re
from typing import Any, get_args
from uuid import UUID

import msgspec
import pytest

from docs import generate
from trailkeeper.models.histories import StoredClient, StoredEvent, StoredLocation, StoredNetwork, as_json
from trailkeeper.models.tables import SCOPES
from trailkeeper.producer.catalogue import load, render, sentence_parts
from trailkeeper.producer.event import Actor, Credential, Event, Subject
from trailkeeper.worker.enrich.kinds import Kind

PAGE = (generate.FOLDER / "history-format.md").read_text(encoding="utf-8")
EXAMPLE: dict[str, Any] = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0])


def stored(example: dict[str, Any]) -> StoredEvent:
    """The event whose JSON the example is, its keys in any order."""
    columns: dict[str, Any] = dict.fromkeys(StoredEvent.__dataclass_fields__)
    fact = msgspec.convert({key: example[key] for key in ("id", "tag", "occurred_at")}, Event)
    actor = msgspec.convert(example["actor"], Actor)
    columns |= {"id": UUID(example["id"]), "occurred_at": fact.occurred_at, "actor_kind": actor.kind}
    columns |= {"actor_id": actor.id, "actor_name": actor.name}
    columns["recorded_at"] = msgspec.convert(example["recorded_at"], type(fact.occurred_at))
    columns |= {key: example[key] for key in ("tag", "scope", "ip", "request_id", "additional")}
    for name in ("user", "project", "organization"):
        if subject := msgspec.convert(example[name], Subject | None):
            columns |= {f"{name}_id": subject.id, f"{name}_name": subject.name}
    credential = actor.credential or Credential(kind="")
    columns |= {f"credential_{key}": getattr(credential, key) for key in ("kind", "id", "label")}
    columns["location"] = StoredLocation(id=1, reason=None, **example["location"])
    columns["client"] = StoredClient(id=1, user_agent="", **example["client"])
    columns["network"] = StoredNetwork(id=1, **example["network"])
    return StoredEvent(**columns)


def test_the_example_is_what_is_written_key_for_key_and_in_order() -> None:
    written = as_json(stored(EXAMPLE), EXAMPLE["sentence"])
    assert json.dumps(written) == json.dumps(EXAMPLE)


def test_the_example_reads_as_its_event_type_says() -> None:
    kind = load().get(EXAMPLE["tag"])
    assert kind is not None
    assert (kind.scope, EXAMPLE["additional"].keys() <= kind.payload.keys()) == (EXAMPLE["scope"], True)
    parts = sentence_parts(
        EXAMPLE["additional"], actor=EXAMPLE["actor"]["name"], project=EXAMPLE["project"]["name"]
    )
    assert render(kind.sentence, parts) == EXAMPLE["sentence"]


@pytest.mark.parametrize(
    ("heading", "example"),
    [
        ("The event", EXAMPLE),
        ("The actor", EXAMPLE["actor"]),
        ("The location", EXAMPLE["location"]),
        ("The client", EXAMPLE["client"]),
        ("The network", EXAMPLE["network"]),
    ],
)
def test_each_field_has_its_place_in_a_table(heading: str, example: dict[str, Any]) -> None:
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    first_cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    assert [name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)] == list(example)


def test_every_word_that_a_field_may_be_is_named() -> None:
    for word in (*SCOPES, *get_args(Kind)):
        assert f"`{word}`" in PAGE
