"""Connections and their limits."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from trailkeeper.models.engine import make_engine, run_in_autocommit, transaction
from trailkeeper.models.errors import RefusedRow, StoreError, StoreMisconfigured, StoreUnavailable


def test_every_connection_has_its_limits_and_its_name(database_url: str) -> None:
    engine = make_engine(
        database_url, application_name="drain 7", statement_timeout_ms=1234, lock_timeout_ms=567
    )

    with transaction(engine) as connection:
        shown = [
            connection.scalar(text(f"SHOW {name}"))
            for name in ("statement_timeout", "lock_timeout", "application_name", "timezone")
        ]
    engine.dispose()

    assert shown == ["1234ms", "567ms", "drain 7", "UTC"]


def test_options_of_the_url_are_kept_beside_ours(database_url: str) -> None:
    url = make_url(database_url).update_query_dict({"options": "-c work_mem=7MB"})
    engine = make_engine(url.render_as_string(hide_password=False), application_name="test")

    with transaction(engine) as connection:
        assert connection.scalar(text("SHOW work_mem")) == "7MB"
        assert connection.scalar(text("SHOW lock_timeout")) == "5s"
    engine.dispose()


def test_a_statement_that_takes_too_long_is_ended(database_url: str) -> None:
    engine = make_engine(database_url, application_name="test", statement_timeout_ms=50)

    with pytest.raises(StoreUnavailable) as ended, transaction(engine) as connection:
        connection.execute(text("SELECT pg_sleep(30)"))
    engine.dispose()

    assert ended.value.sqlstate == "57014"


def test_a_transaction_commits_at_its_end_and_rolls_back_on_an_error(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(text("CREATE TABLE kept (id int)"))
    with pytest.raises(StoreMisconfigured, match="missing"):
        _insert_then_fail(engine)

    with transaction(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM kept")) == 0


def test_a_failed_transaction_cannot_be_committed_without_an_error(engine: Engine) -> None:
    with pytest.raises(StoreUnavailable, match="nothing can be committed"):
        _fail_and_go_on(engine)
    with transaction(engine) as connection:
        assert connection.scalar(text("SELECT 1")) == 1


def _fail_and_go_on(engine: Engine) -> None:
    with transaction(engine) as connection, suppress(StoreMisconfigured):
        connection.execute(text("SELECT * FROM missing"))


def _insert_then_fail(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(text("INSERT INTO kept VALUES (1)"))
        connection.execute(text("SELECT * FROM missing"))


def test_no_limit_is_none_outside_of_transactions_too(database_url: str) -> None:
    engine = make_engine(database_url, application_name="test", statement_timeout_ms=0)
    assert run_in_autocommit(engine, "SELECT 1 FROM pg_sleep(0.2)") == [(1,)]
    engine.dispose()


@pytest.mark.parametrize(
    ("statement", "values", "error"),
    [
        ("SELECT * FROM missing", {}, StoreMisconfigured),
        ("SELECT 1 / 0", {}, RefusedRow),
        ("SELECT :name", {"name": "a\0b"}, RefusedRow),
        ("SELECT pg_terminate_backend(pg_backend_pid())", {}, StoreUnavailable),
    ],
)
def test_errors_are_ours_where_the_statement_is(
    engine: Engine, statement: str, values: dict[str, str], error: type[StoreError]
) -> None:
    with engine.connect() as connection, pytest.raises(error):
        connection.execute(text(statement), values)


def test_a_server_that_is_away_is_an_error_of_ours_too(tmp_path: Path) -> None:
    engine = make_engine(f"postgresql+psycopg2://postgres@/postgres?host={tmp_path}", application_name="test")

    with pytest.raises(StoreUnavailable), engine.connect():
        pass
