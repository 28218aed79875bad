"""`trailkeeper demo` as a stranger runs it: everything comes up, and every event is counted at the end."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.up import Up
from trailkeeper.producer.settings import PREFIX

DATA = Path(__file__).parents[1] / "data"
LINES = sum(1 for line in (DATA / "mixed.jsonl").read_text().splitlines() if line)
SECONDS = 150


def demo(*arguments: str, catalogue: Path | None = DATA / "pages.toml") -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRAILKEEPER_")}
    if catalogue:
        environment["TRAILKEEPER_CATALOGUE"] = str(catalogue)
    command = [sys.executable, "-m", "trailkeeper.cli.main", "demo", *arguments]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )


def totals(run: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert run.stdout, run.stderr
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def test_a_files_events_are_all_stored_and_running_it_again_stores_nothing_twice(
    services_folder: Path,
) -> None:
    home = str(services_folder / "demo")
    first = totals(demo("--json", "--home", home, "--input", str(DATA / "mixed.jsonl")))
    named = ("--input", str(DATA / "mixed.jsonl"), "--catalogue", str(DATA / "pages.toml"))
    again = totals(demo("--json", "--home", home, *named, catalogue=None))

    assert (first["emitted"], first["stored"], first["dead_lettered"], first["duplicates"]) == (
        LINES,
        LINES,
        0,
        0,
    )
    assert first["with_location"] >= 0.97 * LINES
    assert first["with_client"] >= 60
    assert first["latency_ms"]["p50"] > 0
    assert (again["emitted"], again["stored"], again["dead_lettered"], again["duplicates"]) == (
        LINES,
        LINES,
        0,
        0,
    )
    assert again["latency_ms"] == {"p50": None, "p99": None}
    assert (first["already_stored"], again["already_stored"]) == (0, LINES)


def test_lines_that_are_no_events_are_named_kept_and_stop_nothing(
    services_folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "some.jsonl"
    good = '{"tag":"account:login:success","occurred_at":"2026-01-01T00:00:00Z","user":"ann"}\n'
    file.write_text(
        good + "not json\n" + good + '{"tag":"no:such:tag","occurred_at":"2026-01-01T00:00:00Z"}\n'
    )

    run = demo("--json", "--home", str(services_folder / "bad lines"), "--input", str(file))

    found = totals(run)
    assert (found["emitted"], found["stored"], found["dead_lettered"]) == (2, 2, 2)
    assert f"{file}:2: not_json" in run.stderr
    assert f"{file}:4: tag: no event type is called 'no:such:tag'" in run.stderr


def test_a_file_of_another_kind_is_refused_before_anything_starts(services_folder: Path) -> None:
    home = services_folder / "another"

    run = demo("--home", str(home), "--input", sys.executable)

    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1
    assert "has no event lines; line 1" in run.stderr
    assert not home.exists()


def typed(text: str) -> list[list[str]]:
    """The command lines of ours in a text, as a shell would read them."""
    lines = (line.strip().removeprefix("$ ") for line in text.splitlines())
    ours = (
        line.partition("   ")[0]
        for line in lines
        if line.startswith(("trailkeeper ", ".venv/bin/trailkeeper "))
    )
    return [shlex.split(line)[1:] for line in ours]


def test_real_requests_to_the_example_application_are_all_stored_and_the_examples_show_them(
    services_folder: Path,
) -> None:
    home = services_folder / "traffic"
    run = demo("--json", "--home", str(home), catalogue=None)

    found = totals(run)
    assert run.returncode == 0
    assert found["emitted"] > 300
    assert (found["stored"], found["dead_lettered"], found["duplicates"]) == (found["emitted"], 0, 0)
    assert found["with_location"] > 0.85 * found["emitted"]  # mails are sent by the application, from nowhere
    assert found["with_client"] > 0.85 * found["emitted"]
    assert found["seconds"] < 60
    readme = (Path(__file__).parents[2] / "README.md").read_text().partition("## In production")[0]
    with Up(home, "--json") as up:
        names = ("redis_url", "database_url")
        variables = {
            PREFIX + name.upper(): address for name, address in up.addresses().items() if name in names
        }
        examples = [line for line in typed(readme) if line[0] in {"history", "status", "token"}]
        assert len(examples) >= 5
        for arguments in examples:
            line = [sys.executable, "-m", "trailkeeper.cli.main", *arguments]
            environment = {**os.environ, **variables, "TRAILKEEPER_HOME": str(home)}
            done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
            assert (done.returncode == 0) or arguments == ["status"], done.stderr
            assert len(done.stdout.splitlines()) > (arguments[0] != "token"), arguments
        up.end()
