"""Everything is imported by one name, although the folders at the top could be imported by another."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLAIN = re.compile(
    r"^(?:from|import) (?:producer|integrations|worker|models|views|cli|examples|celeryconfig)\b",
    re.MULTILINE,
)
EVERYTHING = """
import collections, importlib, os, pkgutil, sys, warnings
warnings.simplefilter("ignore")
import trailkeeper

for module in pkgutil.walk_packages(trailkeeper.__path__, "trailkeeper."):
    if not module.name.endswith(("__main__", ".migrations.env")):
        importlib.import_module(module.name)
trailkeeper.worker.celery.app.loader.import_default_modules()
trailkeeper.worker.celery.app.conf.broker_url
assert importlib.util.find_spec("producer") is not None, "not even to be mistaken"

names = collections.defaultdict(list)
for name, module in list(sys.modules.items()):
    if name != "__main__" and (path := getattr(module, "__file__", None)):
        names[os.path.realpath(path)].append(name)
ours = [of_one for of_one in names.values() if any(name.startswith("trailkeeper.") for name in of_one)]
assert len(ours) > 100, len(ours)
print([of_one for of_one in ours if len(of_one) > 1])
"""


def test_no_file_imports_a_folder_by_its_plain_name() -> None:
    folders = (
        "cli",
        "docs",
        "examples",
        "integrations",
        "models",
        "producer",
        "tests",
        "trailkeeper",
        "views",
        "worker",
    )
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    assert [str(path) for path in files if PLAIN.search(path.read_text(encoding="utf-8"))] == []


def test_no_module_has_two_names_in_a_process_that_starts_in_the_checkout() -> None:
    line = [sys.executable, "-c", EVERYTHING]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stdout + done.stderr
