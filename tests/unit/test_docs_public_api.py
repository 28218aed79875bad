"""The page of what is public names what there is, and the documentation uses nothing else."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path

import trailkeeper
from trailkeeper.models.privileges import ROLES
from trailkeeper.views.app import create_app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/public-api.md").read_text(encoding="utf-8")
PUBLIC = {
    module: set(re.findall(r"`(\w+)`", names))
    for module, names in re.findall(r"^\| `(trailkeeper[\w.]*)` \| (.*) \|$", PAGE, re.MULTILINE)
}
IMPORT = re.compile(r"^\s*from (trailkeeper[\w.]*) import (\([^)]*\)|[^\n]*)", re.MULTILINE)


def test_every_public_name_is_there() -> None:
    words = set(inspect.signature(create_app).parameters) | {"identify"}  # of the sentences beside names
    missing = {
        f"{module}.{name}"
        for module, names in PUBLIC.items()
        for name in names - words
        if not hasattr(import_module(module), name)
    }
    assert missing == set()


def test_everything_that_trailkeeper_offers_is_on_the_page() -> None:
    assert PUBLIC["trailkeeper"] == set(trailkeeper.__all__)


def test_the_arguments_of_create_app_are_on_the_page() -> None:
    assert set(inspect.signature(create_app).parameters) <= PUBLIC["trailkeeper.views.app"]


def test_the_database_roles_are_on_the_page() -> None:
    assert [role for role in ROLES if f"`{role}`" not in PAGE] == []


def test_documentation_and_the_example_import_only_what_is_public() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.*")]
    others = {
        f"{path.name}: from {module} import {name}"
        for path in pages
        if path.suffix in {".md", ".py"}
        for module, names in IMPORT.findall(path.read_text(encoding="utf-8"))
        if not module.startswith("trailkeeper.examples")
        for name in re.findall(r"\w+", names.partition("#")[0])
        if name not in PUBLIC.get(module, set())
    }
    assert others == set()
