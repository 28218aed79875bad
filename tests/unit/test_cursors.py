"""Cursors lead on in the history that gave them, and nowhere else."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from trailkeeper.models.errors import StoreError
from trailkeeper.models.histories import EventKey, Question
from trailkeeper.views.cursors import Cursors
from trailkeeper.views.errors import InvalidCursor
from trailkeeper.views.secret import ViewsSecret

ENGINE = create_engine("postgresql+psycopg2://nobody@127.0.0.1:1/none")
CURSORS = Cursors(ViewsSecret("a secret of more than thirty-two characters", ENGINE))
PLACE = EventKey(UUID("019a8700-0000-7000-8000-000000000001"), "project")
QUESTION = Question(
    about="project", id="p1", tags=("file:add", "project:*"), since=datetime(2026, 1, 1, tzinfo=UTC)
)


def written(question: Question = QUESTION) -> str:
    return CURSORS.write(question, PLACE)


def test_a_cursor_leads_back_to_its_place() -> None:
    assert CURSORS.read(QUESTION, written()) == PLACE
    assert CURSORS.older(QUESTION, None) is None


def test_the_same_question_in_other_words_takes_the_cursor() -> None:
    elsewhere = datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    same = replace(QUESTION, tags=("project:*", "file:add", "file:add"), since=elsewhere)
    assert CURSORS.read(same, written()) == PLACE


@pytest.mark.parametrize(
    "change",
    [
        {"id": "p2"},
        {"about": "organization"},
        {"tags": ()},
        {"since": None},
        {"until": datetime(2027, 1, 1, tzinfo=UTC)},
        {"address": "192.0.2.1"},
        {"actor": "u1"},
        {"client": "pip"},
        {"via_service": True},
        {"text": "x"},
        {"country_code": "DE"},
    ],
)
def test_a_cursor_of_another_question_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidCursor, match="belongs to another question"):
        CURSORS.read(replace(QUESTION, **change), written())


def test_a_cursor_of_another_service_is_refused() -> None:
    other = Cursors(ViewsSecret("another secret of more than thirty-two characters", ENGINE))
    with pytest.raises(InvalidCursor):
        other.read(QUESTION, written())


@given(position=st.integers(0, 32), bit=st.integers(0, 7))
def test_an_altered_cursor_is_refused(position: int, bit: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(written() + "=="))
    raw[position] ^= 1 << bit
    with pytest.raises(InvalidCursor):
        CURSORS.read(QUESTION, base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("="))


@given(st.text(max_size=100) | st.text("AZaz09-_=", max_size=60))
def test_whatever_is_given_for_a_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        CURSORS.read(QUESTION, text)


def test_a_cursor_is_as_long_as_it_must_be_and_fits_an_address() -> None:
    assert len(written()) == 44
    assert set(written()) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_each_use_of_the_secret_has_a_key_of_its_own_and_neither_is_the_secret() -> None:
    secret = ViewsSecret("a secret of more than thirty-two characters", ENGINE)
    keys = {secret.key("cursors"), secret.key("tickets"), b"a secret of more than thirty-two characters"}
    assert len(keys) == 3


def test_cursors_and_forms_are_keyed_by_no_other_secret_and_not_by_the_database_url() -> None:
    """Without a secret of its own the service says so; it never falls back to another."""
    with pytest.raises(StoreError):
        Cursors(ViewsSecret(None, ENGINE)).write(QUESTION, PLACE)


def test_a_cursor_of_one_scope_leads_to_no_other() -> None:
    raw = bytearray(base64.urlsafe_b64decode(written()))
    raw[16] = 0
    with pytest.raises(InvalidCursor):
        CURSORS.read(QUESTION, base64.urlsafe_b64encode(bytes(raw)).decode())
