"""What must not be in the code, and what importing us costs.

Who may import whom is said in pyproject.toml, and checked by `make lint`.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import trailkeeper

ROOT = Path(__file__).parents[2]
PACKAGES = ("producer", "integrations", "models", "worker", "views", "cli")
FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
NAMES = [str(path.relative_to(ROOT)) for path in FILES]

NOWHERE = {
    "a stream that is trimmed": r"(?i:\.xtrim\()|[\"']XTRIM\b|xadd\([^)]*(maxlen|minid)=|[\"']MAXLEN\b",
    "a foreign key": r"\bForeignKey|\bREFERENCES\b",
    "a default partition": r"\bPARTITION OF \w+ DEFAULT\b|AS PARTITION DEFAULT",
}
ENVIRONMENT = {"environ", "environb", "getenv"}
NOT_THE_PRODUCERS = {"alembic", "celery", "django", "fastapi", "flask", "kombu", "sqlalchemy", "starlette"}


def reads_environment(source: str) -> bool:
    """Whether code names one of os' ways to the environment, which are in no other library's names."""
    return any(
        (isinstance(node, ast.Attribute) and node.attr in ENVIRONMENT)
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and {a.name for a in node.names} & ENVIRONMENT
        )
        for node in ast.walk(ast.parse(source))
    )


def test_one_settings_module_a_package_reads_the_environment() -> None:
    read = [name for name, path in zip(NAMES, FILES, strict=True) if reads_environment(path.read_text())]
    assert set(read) <= {f"{package}/settings.py" for package in PACKAGES}


def test_reading_the_environment_is_seen() -> None:
    assert reads_environment("import os\nos.environ['HOME']")
    assert reads_environment("from os import getenv")


@pytest.mark.parametrize("what", NOWHERE)
def test_what_must_not_be_is_nowhere(what: str) -> None:
    pattern = re.compile(NOWHERE[what])
    assert [name for name, path in zip(NAMES, FILES, strict=True) if pattern.search(path.read_text())] == []


def test_histories_are_never_read_by_offset() -> None:
    # offset(0) skips nothing: it keeps Postgres from rewriting a subquery
    skips = re.compile(r"\bOFFSET [:\d%{]|\.offset\((?!0\))")
    paths = (ROOT / "models/histories").rglob("*.py")
    assert [path.name for path in paths if skips.search(path.read_text(encoding="utf-8"))] == []


def test_the_public_names_are_those_that_are_offered() -> None:
    offered = {
        name
        for name, value in vars(trailkeeper).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert sorted(offered) == sorted(trailkeeper.__all__)


def test_importing_trailkeeper_loads_no_database_no_celery_and_no_web_framework() -> None:
    loaded = set(run("import sys, trailkeeper; print(*sys.modules)").split())
    assert "trailkeeper.producer" in loaded
    assert loaded & NOT_THE_PRODUCERS == set()
    assert [name for name in loaded if re.match(r"trailkeeper\.(models|worker|views|cli)\b", name)] == []


def test_importing_trailkeeper_costs_less_than_half_of_importing_redis(tmp_path: Path) -> None:
    code = (
        "import time; clock = time.process_time; began = clock(); import redis; between = clock();"
        "import trailkeeper; print(between - began, clock() - between)"
    )
    # both from bytecode, as in production: where none may be written, ours alone would be compiled each time
    compiled = {"PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONDONTWRITEBYTECODE": ""}
    runs = [tuple(map(float, run(code, **compiled).split())) for _ in range(9)]  # a busy machine only adds
    redis, ours = (min(times) for times in zip(*runs, strict=True))
    assert ours < redis / 2


def run(code: str, **variables: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
