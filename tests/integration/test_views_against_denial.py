"""What keeps one question to the views from taking the database for itself, or changing it."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import Engine, text

from tests.support.roles import url_as
from tests.support.rows import event_row, store
from trailkeeper.models.engine import transaction
from trailkeeper.models.errors import StoreError, StoreUnavailable
from trailkeeper.models.histories import Question
from trailkeeper.models.histories.page import read_page
from trailkeeper.models.privileges import READER
from trailkeeper.views.app_state import reading_engine
from trailkeeper.views.settings import ViewsSettings


def reading(url: str, views_statement_ms: int = 5_000) -> Engine:
    elsewhere = "postgresql+psycopg2://nobody@/nowhere"
    settings = ViewsSettings(
        database_url=elsewhere, views_database_url=url, views_statement_ms=views_statement_ms
    )
    return reading_engine(settings)


def test_a_question_that_takes_too_long_is_ended_and_the_next_is_answered(database_url: str) -> None:
    engine = reading(url_as(database_url, READER), views_statement_ms=200)
    began = time.monotonic()
    with pytest.raises(StoreUnavailable, match="statement timeout"), transaction(engine) as connection:
        connection.execute(text("SELECT pg_sleep(30)"))
    assert time.monotonic() - began < 10
    with transaction(engine) as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    engine.dispose()


def test_the_views_cannot_write_even_as_a_superuser(database_url: str) -> None:
    engine = reading(database_url)
    with pytest.raises(StoreError, match="read-only transaction"), transaction(engine) as connection:
        connection.execute(text("DELETE FROM events"))
    engine.dispose()


@pytest.mark.parametrize("pattern", ["%" * 50 + "x", "%_%_%_%_%", "100%", "a\\", "_"])
def test_wildcards_in_a_text_that_is_looked_for_are_letters(
    pattern: str, database_url: str, engine: Engine
) -> None:
    store(engine, event_row(additional={"note": f"<{pattern}>"}), event_row(additional={"note": "abc 100 x"}))
    with transaction(engine) as connection:
        found = read_page(connection, Question(text=pattern)).events
    assert [event.additional for event in found] == [{"note": f"<{pattern}>"}]
