"""Links on the names in a sentence, and never another text than the JSON's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailkeeper.producer import catalogue
from trailkeeper.producer.catalogue import render, sentence_parts
from trailkeeper.views.pages.sentences import MARK, Piece, linked

KNOWN = catalogue.load()


def _event(**more: Any) -> dict[str, Any]:
    event: dict[str, Any] = {
        "tag": "project:release:add",
        "user": None,
        "project": {"id": "p1", "name": "tide"},
        "organization": None,
        "actor": {"kind": "user", "id": "u1", "name": "ada"},
        "additional": {"version": "1.0"},
    }
    event |= more
    if "sentence" not in event:
        parts = sentence_parts(
            event["additional"], project=event["project"]["name"], actor=event["actor"]["name"]
        )
        event["sentence"] = render("{actor} released[ {version} of| {canonical_version} of] {project}", parts)
    return event


def _link(about: str, identity: str) -> str | None:
    return f"/{about}/{identity}"


def test_names_lead_to_their_histories_and_other_words_nowhere() -> None:
    assert linked(KNOWN, _event(), _link) == [
        Piece("ada", "/user/u1"),
        Piece(" released 1.0 of "),
        Piece("tide", "/project/p1"),
    ]


def test_a_name_that_is_a_common_word_is_linked_where_it_stands_for_the_thing() -> None:
    event = _event(project={"id": "p1", "name": "of"}, actor={"kind": "user", "id": "u1", "name": "released"})

    assert linked(KNOWN, event, _link) == [
        Piece("released", "/user/u1"),
        Piece(" released 1.0 of "),
        Piece("of", "/project/p1"),
    ]


@pytest.mark.parametrize("kind", ["service", "system", "anonymous"])
def test_only_persons_have_a_history_to_link_to(kind: str) -> None:
    event = _event(actor={"kind": kind, "id": "s1", "name": "bot"})

    assert linked(KNOWN, event, _link)[0] == Piece("bot", None)


def test_what_the_viewer_may_not_open_is_not_linked() -> None:
    assert {piece.href for piece in linked(KNOWN, _event(), lambda *_: None)} == {None}


def test_masked_staff_reads_as_in_the_json() -> None:
    event = _event(actor={"kind": "staff"}, sentence="Staff released 1.0 of tide")

    assert [piece.text for piece in linked(KNOWN, event, _link)] == ["Staff released 1.0 of ", "tide"]


def test_a_tag_that_no_catalogue_knows_stands_for_itself() -> None:
    assert linked(KNOWN, _event(tag="shop:order:pay", sentence=None), _link) == [Piece("shop:order:pay")]


def test_a_sentence_of_another_catalogue_is_shown_without_links() -> None:
    event = _event(sentence="ada shipped tide")

    assert linked(KNOWN, event, _link) == [Piece("ada shipped tide")]


@given(st.text(max_size=250), st.text(max_size=250), st.text(max_size=250))
def test_the_text_is_the_jsons_whatever_the_names_are(actor: str, project: str, version: str) -> None:
    """Names with marks, braces, control characters or of any length change neither text nor structure."""
    event = _event(
        actor={"kind": "user", "id": "u1", "name": actor or "a"},
        project={"id": "p1", "name": project or "p"},
        additional={"version": version},
    )

    assert "".join(piece.text for piece in linked(KNOWN, event, _link)) == event["sentence"]


def test_a_payload_that_knows_the_mark_still_changes_nothing() -> None:
    event = _event(additional={"version": f"{MARK}actor{MARK}project"})

    assert "".join(piece.text for piece in linked(KNOWN, event, _link)) == event["sentence"]
