"""The alert rules that are shipped are Prometheus' own, and say what they should to typical series."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

RULES = Path(__file__).parents[2] / "docs" / "prometheus.rules.yml"
SERIES = Path(__file__).parents[1] / "data" / "prometheus.rules.test.yml"
PROMTOOL = shutil.which("promtool")

needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="promtool is missing; Debian has it in prometheus"
)


def promtool(*arguments: str | Path, folder: Path) -> str:
    command = [str(PROMTOOL), *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_promtool
def test_prometheus_takes_the_rules() -> None:
    assert "SUCCESS: 12 rules found" in promtool("check", "rules", RULES, folder=RULES.parent)


@needs_promtool
def test_the_rules_alert_when_they_should_and_not_before(tmp_path: Path) -> None:
    for file in (RULES, SERIES):
        shutil.copy(file, tmp_path)
    assert "SUCCESS" in promtool("test", "rules", SERIES.name, folder=tmp_path)


def test_each_rule_says_what_is_wrong_and_how_bad_it_is() -> None:
    yaml: Any = pytest.importorskip("yaml")
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) == 12
    for rule in rules:
        assert rule["labels"]["severity"] in {"critical", "warning"}, rule["alert"]
        assert rule["annotations"]["summary"].endswith("."), rule["alert"]


def test_the_operators_page_names_the_file_and_repeats_none_of_it() -> None:
    page = RULES.with_name("operations.md").read_text()
    assert "(prometheus.rules.yml)" in page
    assert "expr:" not in page
