from __future__ import annotations

import json

import msgspec
import pytest

from tests.support.command import call
from trailkeeper.cli.all_settings import KINDS, all_settings
from trailkeeper.cli.urls import without_password
from trailkeeper.producer.settings import variable


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:secret@host:1/0", "redis://:***@host:1/0"),
        ("redis://joe:se/cr@et@host/0", "redis://joe:***@host/0"),
        ("redis://host/0?password=secret&db=1", "redis://host/0?password=***&db=1"),
        ("postgresql+psycopg2://joe@/x?host=%2Ftmp%2Fpg", "postgresql+psycopg2://joe@/x?host=/tmp/pg"),
        (
            "postgresql+psycopg2://joe:secret@h/x?sslpassword=secret",
            "postgresql+psycopg2://joe:***@h/x?sslpassword=***",
        ),
        ("secret", "(not a URL)"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_config_never_prints_a_password(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "hunter2"
    urls = {
        "REDIS_URL": f"redis://:{secret}@h/0",
        "BROKER_URL": f"redis://x:{secret}@h/1",
        "DATABASE_URL": f"postgresql+psycopg2://joe:{secret}@h/x",
    }
    for arguments in (["config"], ["config", "--json"]):
        outcome = call(capsys, monkeypatch, *arguments, **urls)
        assert outcome.code == 0
        assert "joe:***@h/x" in outcome.out
        assert secret not in outcome.out + outcome.err


def test_config_shows_every_setting_with_its_meaning(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = call(capsys, monkeypatch, "config", "--json", STREAM="other")
    shown = {setting["variable"]: setting for setting in json.loads(outcome.out)["settings"]}
    fields = {variable(field.name) for kind in KINDS.values() for field in msgspec.structs.fields(kind)}
    assert set(shown) == fields
    assert (shown["TRAILKEEPER_STREAM"]["value"], shown["TRAILKEEPER_STREAM"]["is_set"]) == ("other", True)
    assert (shown["TRAILKEEPER_HOME"]["value"], shown["TRAILKEEPER_HOME"]["is_set"]) == (
        ".trailkeeper",
        False,
    )


def test_every_setting_says_what_it_means() -> None:
    assert [setting.variable for setting in all_settings() if not setting.meaning] == []


def test_a_variable_that_is_no_setting_is_told_with_the_closest_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = call(capsys, monkeypatch, "config", DATABSE_URL="x")
    assert outcome.code == 2
    assert outcome.err == "unknown: TRAILKEEPER_DATABSE_URL; did you mean TRAILKEEPER_DATABASE_URL?\n"


def test_every_wrong_value_is_told_at_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = call(capsys, monkeypatch, "config", BATCH_SIZE="many", EMIT_BUDGET_MS="0")
    assert outcome.code == 2
    assert [line.partition(" is ")[0] for line in outcome.err.splitlines()] == [
        "wrong: TRAILKEEPER_BATCH_SIZE",
        "wrong: TRAILKEEPER_EMIT_BUDGET_MS",
    ]
