"""What pages call things, and how they show what strangers wrote."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailkeeper.models.status import StoredDeadLetter
from trailkeeper.producer.deceptive import is_plain
from trailkeeper.views.pages import words
from trailkeeper.views.pages.addresses import Addresses
from trailkeeper.views.pages.dead_letters import readable
from trailkeeper.views.pages.rendering import environment


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        (None, "none"),
        (True, "yes"),
        ([], "none"),
        (["a", "b"], "a, b"),
        ([1, {"a": 2}], '[1, {"a": 2}]'),
        ({"role": "Owner"}, '{"role": "Owner"}'),
        (7, "7"),
        ("a\u202eb\x1b", "a\ufffdb\ufffd"),
    ],
)
def test_a_payloads_value_is_one_readable_line(found: Any, shown: str) -> None:
    assert words.value(found) == shown


@given(
    st.recursive(st.text() | st.integers() | st.none(), lambda x: st.lists(x) | st.dictionaries(st.text(), x))
)
def test_json_is_shown_without_control_characters_and_still_means_the_same(found: Any) -> None:
    text = words.json_text(found)

    assert json.loads(text) == found
    assert all(is_plain(letter) or letter == "\n" for letter in text)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0124, "12 ms"),
        (-1, "0 ms"),
        (1, "1 second"),
        (90, "1 minute"),
        (7200, "2 hours"),
        (200_000, "2 days"),
    ],
)
def test_a_stretch_of_time_is_told_in_its_largest_unit(seconds: float, shown: str) -> None:
    assert words.duration(seconds) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (74_000, "74 kB"),
        (2_500_000, "2.5 MB"),
        (10**13, "10.0 TB"),
    ],
)
def test_a_size_is_told_in_two_or_three_digits(amount: int, shown: str) -> None:
    assert words.size(amount) == shown


@pytest.mark.parametrize("identity", ["a/b", "ä?#", "..", "%2F", "javascript:alert(1)", '"><script>'])
def test_an_id_is_quoted_whole_wherever_it_leads(identity: str) -> None:
    address = Addresses("/trail/").history("project", identity)

    assert address.startswith("/trail/projects/")
    assert not set(address.removeprefix("/trail/projects/")) & set('/?#"<>: ')


def _letter(raw: bytes) -> StoredDeadLetter:
    return StoredDeadLetter(
        1, datetime(2026, 11, 15, tzinfo=UTC), "s", "1-0", "not_json", "", 1, len(raw), raw
    )


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"tag":"a:b"}', ('{\n  "tag": "a:b"\n}', True)),
        (b"no json\x00\nat all", ("no json\ufffd\nat all", True)),
        (b"\xff\xfe", ("//4=", False)),
        (b"[" * 200_000, ("[" * 200_000, True)),
        (b"", ("", True)),
    ],
)
def test_a_dead_letter_shows_whatever_bytes_it_holds(raw: bytes, expected: tuple[str, bool]) -> None:
    assert readable(_letter(raw)) == expected


def test_no_template_writes_a_character_that_deceives_wherever_it_came_from() -> None:
    template = environment().from_string(
        "{% macro m() %}<b>\n</b>{% endmacro %}{{ m() }}<input value='{{ x }}'>"
    )
    assert template.render(x="a\x1b\u202e<\n\t") == "<b>\n</b><input value='a\ufffd\ufffd&lt;\n\t'>"
