"""Which module imports which: no circles, and parts of the producer that know little of the rest."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("producer", "models", "worker", "views", "cli", "examples")

MAY_KNOW = {
    "producer.catalogue": {"errors"},
    "producer.requests": {"errors", "event", "settings"},
    "producer.secrets": {"errors", "validation"},
    "producer.spool": {"errors", "settings", "transports"},
    "producer.transactions": {"emitter", "errors", "facts", "log_line", "message", "process", "receipt"},
    "producer.transports": {"errors"},
    "producer.validation": {"catalogue", "errors", "event", "wire"},
}
"""What a part of the producer may import of the others. None of them knows who calls it."""

FINDS_EVENTS = {"Whole", "count_by_place", "count_by_time", "read_page"}
READ_EVENTS = {"views.reading", "cli.demo.watch"}  # the demo counts what it sent itself


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {_module(path): path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))}


def _imported(path: Path) -> Iterator[str]:
    """Every module of ours that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in FILES)
        elif isinstance(node, ast.ImportFrom):
            source = ".".join([*path.relative_to(ROOT).parts[: -node.level], node.module or ""]).strip(".")
            source = source if node.level else node.module or ""
            names = {f"{source}.{alias.name}" for alias in node.names}
            yield from names & FILES.keys() or {source} & FILES.keys()


GRAPH = {module: set(_imported(path)) - {module} for module, path in FILES.items()}


def test_no_module_imports_itself_by_way_of_others() -> None:
    TopologicalSorter(GRAPH).prepare()


def test_imports_are_found_whether_relative_or_not() -> None:
    assert "producer.errors" in GRAPH["producer.spool.queue"]
    assert "producer.emitter" in GRAPH["producer"]
    assert {"models.tables.base", "models.tables.events"} <= GRAPH["models.tables"]
    assert "producer" in GRAPH["examples.package_index.audit"]


@pytest.mark.parametrize("part", MAY_KNOW)
def test_a_part_of_the_producer_knows_only_what_it_needs_of_the_others(part: str) -> None:
    inside = [module for module in GRAPH if module == part or module.startswith(f"{part}.")]
    others = {name for module in inside for name in GRAPH[module] if name not in inside}
    assert {name.split(".")[1] for name in others} == MAY_KNOW[part]


def test_the_example_knows_only_what_an_application_imports() -> None:
    imported = {name for module in GRAPH if module.startswith("examples.") for name in GRAPH[module]}
    assert {name.partition(".")[0] for name in imported} == {"examples", "producer"}


@pytest.mark.parametrize("package", ["views", "cli"])
def test_events_are_found_for_viewers_in_one_place(package: str) -> None:
    finding = {
        module
        for module, path in FILES.items()
        if module.startswith(f"{package}.")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("models.histories")
        if FINDS_EVENTS & {alias.name for alias in node.names}
    }
    assert finding == {module for module in READ_EVENTS if module.startswith(f"{package}.")}
