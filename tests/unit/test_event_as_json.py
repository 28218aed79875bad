"""An event as JSON: the same keys in the same order everywhere."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from tests.support.stored import NETWORK, PLACE
from trailkeeper.models.histories import StoredClient, StoredEvent, StoredLocation, StoredNetwork, as_json

KEYS = (
    "id tag scope occurred_at recorded_at sentence user project organization actor ip location client"
    " network request_id additional view withheld extras"
)


def _event(**given: Any) -> StoredEvent:
    columns: dict[str, Any] = dict.fromkeys(StoredEvent.__dataclass_fields__)
    columns |= {"id": UUID(int=7), "tag": "account:login:success", "scope": "user", "actor_kind": "user"}
    columns |= {
        "occurred_at": datetime(2026, 11, 15, 13, tzinfo=timezone(timedelta(hours=1))),
        "recorded_at": datetime(2026, 11, 15, 12, 0, 0, 66_000, tzinfo=UTC),
    }
    return StoredEvent(**columns | given)


def test_what_is_not_known_is_null_and_nothing_is_left_out() -> None:
    found = as_json(_event(), None)

    assert " ".join(found) == KEYS
    assert found["actor"] == {
        "kind": "user",
        "id": None,
        "name": None,
        "credential": None,
        "on_behalf_of": None,
    }
    assert [key for key, value in found.items() if value is None] == [
        "sentence", "user", "project", "organization", "ip", "location", "client", "network", "request_id",
    ]  # fmt: skip
    assert found["additional"] == {}


def test_times_are_utc_with_microseconds() -> None:
    found = as_json(_event(), None)

    assert found["occurred_at"] == "2026-11-15T12:00:00.000000Z"
    assert found["recorded_at"] == "2026-11-15T12:00:00.066000Z"


def test_subjects_actor_and_credential_are_objects() -> None:
    event = _event(
        user_id="u1", user_name="ada", project_id="p1", actor_id="u2", actor_name="bob",
        credential_kind="api_token", credential_id="t1", credential_label="ci",
        on_behalf_of_id="u1", on_behalf_of_name="ada",
        additional={"version": "1.0"}, ip="203.0.113.7", request_id="r1",
    )  # fmt: skip

    found = as_json(event, "ada signed in")

    assert found["sentence"] == "ada signed in"
    assert found["user"] == {"id": "u1", "name": "ada"}
    assert found["project"] == {"id": "p1", "name": None}
    assert found["actor"] == {
        "kind": "user",
        "id": "u2",
        "name": "bob",
        "credential": {"kind": "api_token", "id": "t1", "label": "ci"},
        "on_behalf_of": {"id": "u1", "name": "ada"},
    }
    assert json.loads(json.dumps(found)) == found


def test_derivations_show_what_they_were_made_from_and_not_their_keys() -> None:
    location = StoredLocation(
        3,
        "Berlin, BE, DE",
        None,
        "Berlin",
        "BE",
        "Germany",
        "DE",
        52.5,
        13.4,
        None,
        "city.mmdb",
        "2018-04-03",
    )
    client = StoredClient(
        4, "Mozilla/5.0", "Firefox", "browser", "Firefox", "120", "Ubuntu", None, "ua", "1.0"
    )

    network = StoredNetwork(5, "AS3320 Telekom", 3320, "Telekom", "asn.mmdb", "2018-04-04")

    found = as_json(_event(location=location, client=client, network=network), None)

    assert " ".join(found["location"]) == (
        "display city region country country_code latitude longitude asn source build"
    )
    assert found["location"]["display"] == "Berlin, BE, DE"
    assert " ".join(found["client"]) == "display kind name version os device source build"
    assert found["client"]["device"] is None
    assert found["network"] == {
        "display": "AS3320 Telekom",
        "asn": 3320,
        "operator": "Telekom",
        "source": "asn.mmdb",
        "build": "2018-04-04",
    }


@pytest.mark.parametrize(
    ("of_location", "of_network", "expected"),
    [(None, 3320, 3320), (1, 3320, 3320), (1, None, 1), (None, None, None)],
)
def test_a_location_has_the_number_of_the_network_or_the_one_it_was_stored_with(
    of_location: int | None, of_network: int | None, expected: int | None
) -> None:
    location = replace(PLACE, asn=of_location)
    network = replace(NETWORK, asn=of_network)

    assert as_json(_event(location=location, network=network), None)["location"]["asn"] == expected
    assert as_json(_event(location=location), None)["location"]["asn"] == of_location
    assert as_json(_event(network=network), None)["location"] is None
