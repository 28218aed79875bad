"""Names of the product: each class once, and the words of docs/glossary.md."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from trailkeeper.models.tables import Base

ROOT = Path(__file__).parents[2]
PACKAGES = ("producer", "integrations", "models", "worker", "views", "cli")
TREES = {
    path: ast.parse(path.read_text(encoding="utf-8"))
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if "versions" not in path.parts  # migrations are history
}
USED, _, RETIRED = (ROOT / "docs/glossary.md").read_text(encoding="utf-8").partition("## Retired words")
RETIRED_WORDS = {
    word
    for cell in re.findall(r"^\| (\*\*.*?) \|", RETIRED, re.MULTILINE)
    for word in re.findall(r"\*\*(\w+)\*\*", cell)
}
ALLOWED = {
    "views/errors.py: NotFound",  # HTTP's word
}


def words(name: str) -> list[str]:
    """`EventCounts` and `event_counts` are both event, count."""
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")
    return [re.sub(r"ies$", "y", part) if part.endswith("ies") else part.removesuffix("s") for part in parts]


def public_names() -> Iterator[tuple[str, str]]:
    """Where a name is, and the name: modules, their folders, classes, functions, methods and tables."""
    for path, tree in TREES.items():
        place = str(path.relative_to(ROOT))
        yield from ((place, part) for part in path.relative_to(ROOT).with_suffix("").parts)
        yield from ((place, name) for name in _defined(tree))
    yield from (("tables", name.rpartition(".")[2]) for name in Base.metadata.tables)


def _defined(tree: ast.AST) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_":
            yield node.name
            if isinstance(node, ast.ClassDef):
                yield from _defined(node)


def test_no_class_name_occurs_twice() -> None:
    places = defaultdict(list)
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path.relative_to(ROOT)))
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_no_public_name_uses_a_retired_word() -> None:
    retired = {word.removesuffix("s") for word in RETIRED_WORDS}
    using = {
        f"{place}: {name}"
        for place, name in public_names()
        if retired & set(words(name)) and "dead_letter" not in "_".join(words(name))
    }
    assert sorted(using - ALLOWED) == []


@pytest.mark.parametrize("term", re.findall(r"^\| \*\*(.+?)\*\*", USED, re.MULTILINE))
def test_a_word_of_the_glossary_is_used_and_explained_once(term: str) -> None:
    spelling = re.compile(re.sub(r"[ -]", r"[ _-]?", term).removesuffix("s"), re.IGNORECASE)
    assert any(spelling.search(path.read_text(encoding="utf-8")) for path in _sources())
    assert USED.count(f"| **{term}** |") == 1


def _sources() -> Iterator[Path]:
    yield from TREES
    yield from sorted((ROOT / "tests/chaos").rglob("*.py"))


def test_names_are_taken_apart_into_words() -> None:
    assert words("EventCounts") == words("event_counts") == ["event", "count"]
    assert words("tallies") == ["tally"]
    assert {"told", "found"} <= RETIRED_WORDS
