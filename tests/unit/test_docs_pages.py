"""The pages that are written by hand: what they name is there."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from itertools import chain
from pathlib import Path

import msgspec
import pytest

from trailkeeper.cli.registry import COMMANDS
from trailkeeper.producer.settings import PREFIX, variable

ROOT = Path(__file__).parents[2]
PAGES = sorted(chain(ROOT.glob("*.md"), *((ROOT / folder).rglob("*.md") for folder in ("docs", "examples"))))
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
SETTINGS = [
    import_module(f"trailkeeper.{package}.settings") for package in ("producer", "worker", "views", "cli")
]
VARIABLES = {
    variable(field.name)
    for kind in chain.from_iterable(vars(module).values() for module in SETTINGS)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    for field in msgspec.structs.fields(kind)
}

DECISION = r"docs/decisions/\d"  # their index leads there

each_page = pytest.mark.parametrize("page", PAGES, ids=NAMES)


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """A page without its blocks of code, in which brackets are no links."""
    return re.sub(r"```.*?```", "", read(page), flags=re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Where a link into a page may lead: its headings in lower case, with hyphens for spaces."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_pages_are_found() -> None:
    assert {"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"} < set(NAMES)
    assert {"docs/operations.md", "docs/history-format.md", "examples/package_index/README.md"} < set(NAMES)


def test_the_readme_names_every_command() -> None:
    text = read(ROOT / "README.md")
    assert [name for name in COMMANDS if f"`{name}`" not in text] == []


def test_the_readme_leads_to_every_page() -> None:
    _, _, on = read(ROOT / "README.md").partition("## Where to read on")
    led = set(re.findall(r"\]\(([\w/.-]+)\)", on))
    assert [name for name in NAMES if name not in led | {"README.md"} and not re.match(DECISION, name)] == []


def test_it_is_said_what_each_dependency_is_for() -> None:
    project = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]
    wanted = chain(project["dependencies"], *project["optional-dependencies"].values())
    names = {re.split(r"[^\w.-]", each, maxsplit=1)[0] for each in wanted} - {project["name"]}
    page = read(ROOT / "docs/dependencies.md")
    assert [name for name in sorted(names) if not re.search(rf"\b{re.escape(name)}\b", page)] == []


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", prose(page))
    broken = [target for target in targets if "://" not in target and not leads_somewhere(page, target)]
    assert broken == []


def leads_somewhere(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    file = page.parent / path if path else page
    return file.exists() and (not anchor or anchor in anchors(file))


@each_page
def test_tests_that_a_page_names_are_there(page: Path) -> None:
    named = re.findall(r"`(tests/[\w/*.\-]+)`", read(page))
    assert [pattern for pattern in named if not any(ROOT.glob(pattern.rstrip("/")))] == []


@each_page
def test_modules_that_a_page_names_are_there(page: Path) -> None:
    named = re.findall(
        r"`((?:producer|models|worker|views|cli|docs|examples|integrations)/[\w/.\-]+)`", read(page)
    )
    assert [name for name in named if not (ROOT / name).exists()] == []


@each_page
def test_settings_are_named_as_they_are_called(page: Path) -> None:
    named = set(re.findall(rf"\b{PREFIX}\w+", read(page)))
    assert named - VARIABLES == set()
