"""Settings of `emit` where a framework keeps its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from trailkeeper import SettingsError
from trailkeeper.integrations.overrides import settings_with


def test_values_and_the_texts_of_an_environment_say_the_same() -> None:
    values = {"TRUSTED_PROXIES": ["10.0.0.0/8", "unix"], "EMIT_BUDGET_MS": 100, "CATALOGUE": (Path("a"), "b")}
    texts = {"trusted_proxies": "10.0.0.0/8,unix", "emit_budget_ms": "100", "catalogue": "a:b"}
    made = settings_with(values)
    assert made == settings_with(texts)
    assert (made.emit_budget_ms, made.catalogue) == (100, ("a", "b"))


def test_what_is_not_said_is_the_environment_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAILKEEPER_STREAM", "theirs")
    monkeypatch.setenv("TRAILKEEPER_EMIT_BUDGET_MS", "100")
    made = settings_with({"EMIT_BUDGET_MS": 50})
    assert (made.stream, made.emit_budget_ms) == ("theirs", 50)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"EMIT_BUDGET": 100}, "no setting is called 'emit_budget'"),
        ({"EMIT_BUDGET": "100"}, "no setting is called 'emit_budget'"),
        ({"EMIT_BUDGET_MS": "soon"}, "TRAILKEEPER_EMIT_BUDGET_MS is 'soon'"),
        ({"EMIT_BUDGET_MS": None}, "emit_budget_ms is None"),
        ({"SPOOL": Path("/tmp/spool")}, "expected a path that ends in .sqlite, or off"),
        ({"SIGNING_KEY": "short"}, "is a secret"),
    ],
)
def test_a_wrong_one_is_named_with_what_was_expected(values: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        settings_with(values)
