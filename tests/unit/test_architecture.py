"""The absences that hold the packages apart: who imports whom, and who reads the environment."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from types import ModuleType

import pytest

import trailkeeper

ROOT = Path(__file__).parents[2]
OURS = {"producer", "models", "worker", "views", "cli"}
FRAMEWORKS = {"flask", "django", "starlette", "fastapi", "werkzeug"}
CELERY = {"celery", "kombu", "billiard"}
DATABASES = {"sqlalchemy", "alembic", "psycopg2", "psycopg"}

NEVER = {"tests", "docs"}
FORBIDDEN = {
    "producer": NEVER
    | {"examples"}
    | OURS - {"producer"}
    | CELERY
    | DATABASES
    | FRAMEWORKS
    | {"click", "rich", "maxminddb"},
    "models": NEVER
    | {"examples"}
    | OURS - {"models"}
    | CELERY
    | FRAMEWORKS
    | {"redis", "msgspec", "click", "rich"},
    "worker": NEVER | {"examples", "views", "cli"} | FRAMEWORKS | {"click", "rich"},
    "views": NEVER | {"examples", "worker", "cli"} | CELERY,
    "cli": NEVER | FRAMEWORKS,
}
KNOW_CELERY = {
    "worker/celery.py",
    "worker/tasks.py",
    "worker/dispatcher.py",
    "worker/replacer.py",
    "worker/relief.py",
    "worker/control.py",
}
NOWHERE = {
    "a stream that is trimmed": r"(?i:\.xtrim\()|[\"']XTRIM\b|xadd\([^)]*(maxlen|minid)=|[\"']MAXLEN\b",
    "a foreign key": r"\bForeignKey|\bREFERENCES\b",
    "a default partition": r"\bPARTITION OF \w+ DEFAULT\b|AS PARTITION DEFAULT",
}
READ_ENVIRONMENT = {f"{package}/settings.py" for package in OURS}


def modules(package: str) -> list[Path]:
    """The package's files; none where it is not there."""
    return sorted((ROOT / package).rglob("*.py"))


ALL = list(chain.from_iterable(modules(package) for package in sorted(OURS)))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path) -> Iterator[str]:
    """The first part of everything that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (_part(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module == "trailkeeper":
            yield from (
                alias.name if alias.name in OURS | {"examples"} else "producer" for alias in node.names
            )
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield _part(node.module)


def _part(name: str) -> str:
    """The package of ours, or the library."""
    return name.removeprefix("trailkeeper.").partition(".")[0]


def reads_environment(path: Path) -> bool:
    return any(
        (
            isinstance(node, ast.Attribute)
            and node.attr in {"environ", "getenv", "environb"}
            and _is_os(node.value)
        )
        or (isinstance(node, ast.ImportFrom) and node.module == "os" and _names(node) & {"environ", "getenv"})
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )


def _is_os(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "os"


def _names(node: ast.ImportFrom) -> set[str]:
    return {alias.name for alias in node.names}


@pytest.mark.parametrize("path", ALL, ids=map(name, ALL))
def test_a_module_imports_only_what_its_package_may(path: Path) -> None:
    package = name(path).partition("/")[0]
    assert set(imports(path)) & FORBIDDEN[package] == set()


@pytest.mark.parametrize("path", modules("worker"), ids=map(name, modules("worker")))
def test_celery_is_known_to_a_few_modules_of_the_worker(path: Path) -> None:
    assert not set(imports(path)) & CELERY or name(path) in KNOW_CELERY


@pytest.mark.parametrize("path", ALL, ids=map(name, ALL))
def test_only_settings_modules_read_the_environment(path: Path) -> None:
    assert not reads_environment(path) or name(path) in READ_ENVIRONMENT


@pytest.mark.parametrize("what", NOWHERE)
def test_what_must_not_be_is_nowhere(what: str) -> None:
    assert [name(path) for path in ALL if re.search(NOWHERE[what], path.read_text(encoding="utf-8"))] == []


def test_histories_are_never_read_by_offset() -> None:
    # offset(0) skips nothing: it keeps Postgres from rewriting a subquery
    paths = [path for path in modules("models") if "histories" in path.parts]
    found = [
        name(path) for path in paths if re.search(r"\bOFFSET [:\d%{]|\.offset\((?!0\))", path.read_text())
    ]
    assert len(paths) > 10
    assert found == []


def test_the_walk_finds_what_it_looks_for() -> None:
    assert len(modules("producer")) > 20
    assert {"redis"} <= set(chain.from_iterable(map(imports, modules("producer"))))
    assert reads_environment(ROOT / "producer/settings.py")


def test_the_public_names_of_the_producer_are_those_that_it_offers() -> None:
    offered = {
        each
        for each, value in vars(trailkeeper).items()
        if not each.startswith("_") and not isinstance(value, ModuleType)
    }
    assert sorted(offered) == sorted(trailkeeper.__all__)


def test_what_the_producer_imports_is_redis_and_msgspec_and_the_standard_library() -> None:
    code = "import sys, trailkeeper; print(*sys.modules)"
    loaded = set(map(_part, run(code).split()))
    assert loaded & (DATABASES | CELERY | FRAMEWORKS | OURS - {"producer"}) == set()


def test_importing_the_producer_costs_little_more_than_importing_redis() -> None:
    code = (
        "import time; clock = time.process_time; began = clock(); import redis; between = clock();"
        "import trailkeeper; print(between - began, clock() - between)"
    )
    runs = [tuple(map(float, run(code).split())) for _ in range(9)]  # a busy machine only ever adds
    redis, ours = (min(times) for times in zip(*runs, strict=True))
    # a machine on which even redis takes over a tenth of a second is slow, or has others to serve
    assert ours < max(0.050, redis / 2)


def run(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


PRODUCERS = [path for path in modules("producer") if path.parent.parent == ROOT / "producer"]
FOLDERS = sorted({path.parent.name for path in PRODUCERS})


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_folder_of_the_producer_imports_one_that_imports_it(folder: str) -> None:
    own = {module(path) for path in PRODUCERS if path.parent.name == folder}
    reached: set[str] = set()
    ahead = set(chain.from_iterable(map(imported, own))) - own
    while ahead:
        reached |= ahead
        ahead = set(chain.from_iterable(map(imported, ahead))) - reached
    assert reached & own == set()


def module(path: Path) -> str:
    return ".".join(("trailkeeper", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")


def imported(name: str) -> set[str]:
    """The producer's modules that a module of it imports, wherever in it."""
    path = next(path for path in modules("producer") if module(path) == name)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    named: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            source = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            named |= {source} | {f"{source}.{alias.name}" for alias in node.names}
    return named & set(map(module, modules("producer"))) - {"trailkeeper.producer", name}
