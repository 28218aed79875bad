"""What strangers wrote reaches a log on one line and cannot steer whoever reads it."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.judging import a_judge
from tests.unit.test_judge import NOW, altered, message
from trailkeeper.producer.catalogue import Catalogue
from trailkeeper.producer.secrets import SecretGuard
from trailkeeper.producer.validation.text import shortened
from trailkeeper.worker.ingest import dead_letters
from trailkeeper.worker.ingest.messages import Rejected

FORGED = "x\n2026-11-24 12:00:00 CRITICAL all is lost\x1b[2J\u202e\x9b31m"


def steers(text: str) -> bool:
    return any(letter in text for letter in "\n\r\x1b\x9b\u202e\x00")


def test_a_dead_letter_is_one_line_of_the_log_whatever_its_tag_is(caplog: pytest.LogCaptureFixture) -> None:
    verdict = a_judge(Catalogue([])).judge(message(altered(tag=FORGED)), NOW)
    assert isinstance(verdict, Rejected)
    with caplog.at_level(logging.WARNING):
        dead_letters._log("a source", [verdict])
    (line,) = caplog.messages
    assert line.startswith("dead letter unknown_tag: x")
    assert not steers(line)


def test_the_name_of_a_key_with_a_secret_is_one_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        SecretGuard().cleaned_facts({f"{FORGED} password": "hunter2"})
    (line,) = caplog.messages
    assert "secret_removed" in line
    assert not steers(line)


@given(st.text() | st.dictionaries(st.text(), st.text()) | st.binary())
def test_a_value_in_an_error_message_is_short_and_on_one_line(value: object) -> None:
    text = shortened(value)
    assert not steers(text)
    assert len(text) <= 200
