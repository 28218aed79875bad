"""How events read, whatever is missing from them and whatever is in them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailkeeper.producer.catalogue import load, render, sentence_parts
from trailkeeper.producer.catalogue.sentence import MAX_VALUE, placeholders
from trailkeeper.producer.deceptive import is_plain

KINDS = list(load())
SUBJECTS = {
    "actor": "alice",
    "user": "bob",
    "project": "sampleproject",
    "organization": "acme",
    "ip": "192.0.2.7",
}
VALUES: dict[str, Any] = {
    "string": "some text",
    "integer": 3,
    "number": 1.5,
    "boolean": True,
    "array": ["a", "b"],
    "object": {"k": "v"},
}
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
names = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
words = st.text(alphabet="abc ,.:“”", max_size=8)


@st.composite
def sentences(draw: st.DrawFn) -> tuple[str, set[str]]:
    """A sentence that a catalogue may hold, and the names in it."""
    used: set[str] = set()

    def piece() -> str:
        if not draw(st.booleans()):
            return draw(words)
        used.add(name := draw(names))
        return f"{draw(words)}{{{name}}}"

    def part() -> str:
        if draw(st.booleans()):
            return piece()
        return f"[{'|'.join(piece() for _ in range(draw(st.integers(1, 3))))}]"

    return "".join(part() for _ in range(draw(st.integers(1, 5)))), used


@pytest.mark.parametrize(
    ("sentence", "parts", "expected"),
    [
        ("{actor} released {version}", {"actor": "alice", "version": "1.0"}, "alice released 1.0"),
        ("{actor} released {version}", {}, "Someone released (not given)"),
        ("{user} logged in", {}, "An unnamed user logged in"),
        ("{user} logged in", {"user": "root"}, "root logged in"),
        ("{user} logged in[ with {method}]", {"user": "root"}, "root logged in"),
        ("{user} logged in[ with {method}]", {"user": "root", "method": "totp"}, "root logged in with totp"),
        ("[{a}|{b}|a thing] went", {"a": "x", "b": "y"}, "x went"),
        ("[{a}|{b}|a thing] went", {"b": "y"}, "y went"),
        ("[{a}|{b}|a thing] went", {}, "A thing went"),
        ("[{a} and {b}] went", {"a": "x"}, " went"),
        ("it is {flag}", {"flag": False}, "It is no"),
        ("it is {flag}", {"flag": True}, "It is yes"),
        ("it is {count}", {"count": 0}, "It is 0"),
        ("[{count} of ]them", {"count": 0}, "0 of them"),
        ("for {tags}", {"tags": ["a", 1, None]}, "For a, 1, None"),
        ("for {filters}", {"filters": {"tag": ["a", "b"], "all": True}}, "For tag a, b, all yes"),
        ("[for {tags}]ever", {"tags": []}, "Ever"),
        ("{{literally}} {actor}", {"actor": "{user}", "user": "bob"}, "{literally} {user}"),
    ],
)
def test_a_sentence_is_filled_with_what_is_known(sentence: str, parts: dict[str, Any], expected: str) -> None:
    assert render(sentence, parts) == expected


def test_a_hostile_value_stays_on_its_line_and_within_its_length() -> None:
    for hostile in ("a\nb", "\x1b[2J", "x\u202ey", "\r", "\x00", "\u2028"):
        assert render("{actor} x", {"actor": hostile}).isprintable()
    assert len(render("{actor}", {"actor": "a" * 70_000})) == MAX_VALUE
    assert render("{actor}", {"actor": "Zoë 山田"}) == "Zoë 山田"


def test_a_named_part_that_is_known_stands_before_a_payload_key_of_the_same_name() -> None:
    additional = {"project": "pending", "user": "payload", "path": "/"}
    parts = sentence_parts(additional, project=None, user="bob", actor="")
    assert parts == {"project": "pending", "user": "bob", "path": "/"}
    assert sentence_parts(None, actor="alice") == {"actor": "alice"}


@given(sentences(), st.dictionaries(names, json, max_size=6))
def test_any_sentence_renders_with_any_parts_on_one_line(
    sentence: tuple[str, set[str]], parts: dict[str, Any]
) -> None:
    text, used = sentence
    assert placeholders(text) == used
    rendered = render(text, parts)
    assert is_plain(rendered)
    everything = render(text, dict.fromkeys(used, "ok"))
    assert not set("{}[]|") & set(everything)


@given(st.text(alphabet="{}[]|a!:.0 ", max_size=12))
def test_whatever_is_written_either_renders_or_is_refused_at_load(text: str) -> None:
    try:
        placeholders(text)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - both ways are right, and each is checked
    else:
        assert isinstance(render(text, {}), str)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.tag)
def test_every_shipped_sentence_reads_well_with_all_parts_and_with_none(kind: Any) -> None:
    full = {**{key: VALUES[kind_of] for key, kind_of in kind.payload.items()}, **SUBJECTS}
    for text in (render(kind.sentence, full), render(kind.sentence, {}), render(kind.sentence, SUBJECTS)):
        assert not set("{}[]|") & set(text)
        assert "(not given)" not in text
        assert "  " not in text
        assert text == text.strip()
        assert not text.endswith((".", ":", " to", " for", " of", " by", " from", " as"))
    assert "alice" not in render(kind.sentence, {})


@pytest.mark.parametrize(
    ("tag", "parts", "expected"),
    [
        ("account:login:success", {"user": "root", "method": "publickey"}, "root logged in with publickey"),
        (
            "project:release:unyank",
            {"canonical_version": "1.0"},
            "alice unyanked release 1.0 of sampleproject",
        ),
        (
            "project:team_project_role:remove",
            {"target_team": "dev"},
            "alice removed the team dev from sampleproject",
        ),
        (
            "project:team_project_role:change",
            {"target_team": "dev", "role_name": "Owner"},
            "alice changed the role of the team dev in sampleproject to Owner",
        ),
        (
            "project:release:yank",
            {"yanked_reason": "broken"},
            "alice yanked a release of sampleproject: broken",
        ),
        ("project:role:add", {"user": None, "target_user": "carol"}, "alice added carol to sampleproject"),
        ("project:rename", {"old_name": "a", "new_name": "b"}, "alice renamed sampleproject from a to b"),
        (
            "account:oidc:pending-publisher-added",
            {"project": "soon", "user": "alice", "specifier": "ci.yml"},
            "alice added a pending trusted publisher ci.yml for soon",
        ),
    ],
)
def test_events_read_as_what_happened(tag: str, parts: dict[str, Any], expected: str) -> None:
    kind = load().get(tag)
    assert kind is not None
    assert render(kind.sentence, {**SUBJECTS, **parts}) == expected
