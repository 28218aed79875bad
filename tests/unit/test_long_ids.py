"""An id of any length is asked for as it was recorded, wherever it is asked for."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from click.testing import CliRunner

from tests.support.api import ADMIN, API, FakeReader, app_with, asking, bearer
from trailkeeper.cli import histories
from trailkeeper.cli.backfills.starting import enrich
from trailkeeper.cli.commands.history import command
from trailkeeper.producer.testing import recording
from trailkeeper.producer.validation import id_of
from trailkeeper.views.filters import HistoryFilters
from trailkeeper.views.history_request import HistoryKey

LONG = "acc/ä" + "x" * 300
STORED = id_of("id", LONG)


def asked(path: str) -> tuple[str | None, str | None]:
    reader = FakeReader()
    with recording(), asking(app_with(reader)) as client:
        assert client.get(path, headers=bearer(ADMIN)).status_code == 200
    assert reader.asked is not None
    return reader.asked.id, reader.asked.actor


@pytest.mark.parametrize("kind", ["users", "projects", "organizations"])
@pytest.mark.parametrize("begin", [API, ""])
def test_a_long_id_in_a_path_is_the_stored_one(begin: str, kind: str) -> None:
    path = f"{begin}/{kind}/{quote(LONG, safe='')}"
    assert asked(f"{path}/events" if begin else path)[0] == STORED


def test_so_is_a_long_actor() -> None:
    assert asked(f"{API}/users/u1/events?actor={quote(LONG)}") == ("u1", STORED)
    assert HistoryFilters(actor=LONG).question(HistoryKey("all", None)).actor == STORED


def test_so_is_a_long_id_in_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, object] = {}
    monkeypatch.setattr(histories, "print_history", lambda _viewer, **filters: given.update(filters))
    found = CliRunner().invoke(command, ["user", LONG, "--actor", LONG], catch_exceptions=False)
    assert (found.exit_code, given["identity"], given["actor"]) == (0, STORED, STORED)
    options = enrich.make_context("enrich", ["--user", LONG, "--project", LONG]).params
    assert (options["user"], options["project"]) == (STORED, STORED)
