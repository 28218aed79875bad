"""After Postgres was lost, whatever comes next works: no connection of before is handed out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from tests.support.rows import NOON, event_row, store
from trailkeeper.cli.embedded.postgres import EmbeddedPostgres
from trailkeeper.models.engine import make_engine, transaction
from trailkeeper.views.app import create_app
from trailkeeper.views.app_state import reading_engine
from trailkeeper.views.settings import ViewsSettings
from trailkeeper.views.tokens import mint
from trailkeeper.views.viewer import Viewer
from trailkeeper.worker.engines import engine_of
from trailkeeper.worker.settings import WorkerSettings

CONNECTIONS = 3
SECRET = "s" * 32
TERMINATE = text("""
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()
""")


def terminate(engine: Engine) -> None:
    """End every connection to our database but the one that says so."""
    statement = (
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
    )
    with transaction(engine) as connection:
        connection.execute(text(f"{statement} AND pid <> pg_backend_pid()"))


def fill(engine: Engine) -> None:
    """Have the pool hold several connections that were used."""
    opened = [engine.connect() for _ in range(CONNECTIONS)]
    for connection in opened:
        connection.execute(text("SELECT 1"))
    for connection in opened:
        connection.close()


def use(engine: Engine) -> None:
    for _ in range(CONNECTIONS + 1):
        with transaction(engine) as connection:
            assert connection.scalar(text("SELECT 1")) == 1


def of_views(url: str) -> Engine:
    return reading_engine(ViewsSettings(database_url=url, views_pool=CONNECTIONS))


def of_worker(url: str) -> Engine:
    return engine_of(WorkerSettings(database_url=url), "test", pool_size=CONNECTIONS)


@pytest.mark.parametrize("make", [of_views, of_worker])
def test_a_pool_whose_connections_were_ended_connects_anew(
    make: Callable[[str], Engine], database_url: str, engine: Engine
) -> None:
    pool = make(database_url)
    fill(pool)
    terminate(engine)
    use(pool)
    fill(pool)
    terminate(engine)
    with pool.begin() as connection:  # as dictionaries and the relay begin theirs
        assert connection.scalar(text("SELECT 1")) == 1
    pool.dispose()


def test_the_next_page_after_a_loss_is_shown(database_url: str, engine: Engine) -> None:
    store(engine, event_row(NOON, user_id="u1"))
    settings = ViewsSettings(database_url=database_url, token_secret=SECRET)
    headers = {"Authorization": f"Bearer {mint(settings, Viewer(user_id='u1'), 60)}"}
    with TestClient(create_app(settings), base_url="https://testserver") as client:
        for path in ("/api/v1/users/u1/events", "/ready", "/me", "/api/v1/users/u1/events/export"):
            assert client.get(path, headers=headers).status_code == 200
            terminate(engine)
            assert client.get(path, headers=headers).status_code == 200, path


def test_the_next_transaction_after_a_restart_of_postgres_works(services_folder: Path) -> None:
    server = EmbeddedPostgres(services_folder / "lost")
    engine = make_engine(server.start(), application_name="test", pool_size=CONNECTIONS)
    try:
        fill(engine)
        server.stop("fast")
        server.start()
        use(engine)
    finally:
        engine.dispose()
        server.stop("immediate")
