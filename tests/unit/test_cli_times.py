"""Times as people type them, in every option that takes one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click
import pytest

from tests.unit.test_cli_asking import every_command
from trailkeeper.cli.times import Moment

NOW = datetime(2026, 11, 29, 14, 30, 5, 123, tzinfo=UTC)
DAY = datetime(2026, 11, 29, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    class Frozen(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return NOW

    monkeypatch.setattr("trailkeeper.cli.times.datetime", Frozen)


TYPED = {
    "24h": NOW - timedelta(hours=24),
    "1 hour ago": NOW - timedelta(hours=1),
    "7d": NOW - timedelta(days=7),
    "7 days": NOW - timedelta(days=7),
    "2w": NOW - timedelta(weeks=2),
    "90min": NOW - timedelta(minutes=90),
    "5m": NOW - timedelta(minutes=5),
    "30s": NOW - timedelta(seconds=30),
    "30S": NOW - timedelta(seconds=30),
    "now": NOW,
    "today": DAY,
    "Yesterday": DAY - timedelta(days=1),
    "tomorrow": DAY + timedelta(days=1),
    "2026-11-24": datetime(2026, 11, 24, tzinfo=UTC),
    "2026-11-24T16:00": datetime(2026, 11, 24, 16, tzinfo=UTC),
    "2026-11-24 16:00:01": datetime(2026, 11, 24, 16, 0, 1, tzinfo=UTC),
    "2026-11-24T16:00:00Z": datetime(2026, 11, 24, 16, tzinfo=UTC),
    "2026-11-24T16:00:00+02:00": datetime(2026, 11, 24, 14, tzinfo=UTC),
    " 24h ": NOW - timedelta(hours=24),
}
NO_TIME = [
    "",
    "soon",
    "h",
    "24",
    "-24h",
    "24y",
    "1.5h",
    "24h30",
    "999999999w",
    "2026-13-01",
    "2026-02-30",
    "16:00",
    "٣h",
]


@pytest.mark.parametrize("text", TYPED)
def test_a_time_is_read_as_it_is_meant(text: str) -> None:
    assert Moment().convert(text, None, None) == TYPED[text]


@pytest.mark.parametrize("text", NO_TIME)
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(
        click.BadParameter, match="is not a time; expected one such as 24h, 7d, yesterday, 2026"
    ):
        Moment().convert(text, None, None)


def test_the_end_of_what_begins_now_is_ahead() -> None:
    assert Moment(ahead=True).convert("30d", None, None) == NOW + timedelta(days=30)
    assert Moment(ahead=True).convert("1d ago", None, None) == NOW - timedelta(days=1)


def test_every_option_that_takes_a_time_takes_all_of_them() -> None:
    options = {"--since", "--until", "--from", "--to", "--occurred-at"}
    found = {
        (name, option): parameter.type
        for name, command in every_command()
        for parameter in command.params
        for option in parameter.opts
        if option in options
    }
    assert len(found) == 8
    assert all(isinstance(kind, Moment) for kind in found.values())
