"""What may be asked of the events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from trailkeeper.models.histories import Question

NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001 - the mistake under test


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            {"about": "team", "id": "1"},
            "about is 'team'; expected one of user, project, organization, actor, all",
        ),
        ({"about": "user"}, "expected an id for all but 'all'"),
        ({"about": "all", "id": "1"}, "expected an id for all but 'all'"),
        ({"about": "user", "id": ""}, "id is ''; expected 1 to 255 characters"),
        ({"about": "user", "id": "x" * 256}, "expected 1 to 255 characters"),
        ({"about": "user", "id": "a\0b"}, "none of them NUL"),
        ({"about": "user", "id": "\ud800"}, "expected 1 to 255 characters"),
        ({"text": ""}, "text is ''; expected 1 to 200 characters"),
        ({"text": "a\0"}, "none of them NUL"),
        (
            {"tags": ("account",)},
            "tag is 'account'; expected one such as account:login:failure or account:",
        ),
        ({"tags": ("Account:login",)}, "tag is 'Account:login'"),
        ({"tags": ("account:%",)}, "tag is 'account:%'"),
        ({"tags": ("*",)}, "tag is"),
        ({"tags": ("a:b",) * 51}, "tags holds 51; expected at most 50"),
        ({"since": NAIVE}, "since: .* no time zone"),
        ({"until": datetime(1901, 1, 1, tzinfo=UTC)}, "until: .* out of range"),
        (
            {"since": datetime(2026, 1, 2, tzinfo=UTC), "until": datetime(2026, 1, 1, tzinfo=UTC)},
            r"until is 2026-01-01T00:00:00\+00:00; expected a time after 2026-01-02",
        ),
        ({"address": "203.0.113"}, "address is '203.0.113'; expected one such as"),
        ({"address": "203.0.113.0/33"}, "expected one such as"),
        ({"address": "fe80::1%eth0"}, "address is 'fe80::1%eth0'; expected one"),
        ({"address": "'; DROP TABLE events; --"}, "expected one such as"),
        ({"country_code": "de"}, "country_code is 'de'; expected two capital letters"),
        ({"asn": "AS0"}, "asn is 'AS0'; expected a number such as AS13335"),
        ({"asn": "4294967296"}, "expected a number such as AS13335"),
        ({"asn": "AS 1"}, "expected a number such as AS13335"),
        ({"asn": "\u0661"}, "expected a number such as AS13335"),
        ({"asn": ""}, "expected a number such as AS13335"),
        ({"country_code": "DEU"}, "expected two capital letters"),
    ],
)
def test_a_question_that_cannot_be_meant_is_refused(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Question(**asked)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7/32"),
        ("203.0.113.7/24", "203.0.113.0/24"),
        ("2001:db8::7", "2001:db8::7/128"),
        ("2001:db8::/32", "2001:db8::/32"),
    ],
)
def test_an_address_and_a_network_are_asked_for_alike(address: str, network: str) -> None:
    assert str(Question(address=address).network) == network


@pytest.mark.parametrize("tag", ["account:login", "a:b:c:d:e", "account:*", "project:trusted_publisher:*"])
def test_tags_and_their_beginnings_may_be_asked_for(tag: str) -> None:
    assert Question(tags=(tag,)).tags == (tag,)
