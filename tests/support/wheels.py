"""Building what would be published, and installing it where nothing of this checkout can be imported."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import venv
from collections.abc import Collection, Iterator
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).parents[2]
BACKEND = "import sys; from setuptools import build_meta; build_meta.build_{}(sys.argv[1])"
SCRIPT = "#!{python}\nimport sys\nfrom {module} import {function}\nsys.exit({function}())\n"


def build_wheel(tree: Path, to: Path) -> Path:
    """A wheel of a source tree, as `pip wheel` makes it."""
    return _build("wheel", tree, to, "*.whl")


def build_sdist(tree: Path, to: Path) -> Path:
    """A source distribution of a source tree."""
    return _build("sdist", tree, to, "*.tar.gz")


def copy_of_checkout(to: Path) -> Path:
    """What a commit of everything would hold; building leaves files behind."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        source, target = ROOT / name, to / name
        if source.is_symlink() or source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    return to


def unpacked(sdist: Path, to: Path) -> Path:
    """The one folder in a source distribution."""
    with tarfile.open(sdist) as archive:
        archive.extractall(to, filter="data")
    [tree] = to.iterdir()
    return tree


def files_of(wheel: Path) -> set[str]:
    """The paths that it would install."""
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


class Environment:
    """A virtual environment with a wheel; what that depends on comes from the running one, without network.

    Args:
        folder: where to make it.
        wheel: of ours.
    """

    def __init__(self, folder: Path, wheel: Path) -> None:
        venv.create(folder, with_pip=False)
        self.bin = folder / "bin"
        self.python = self.bin / "python"
        [self._packages] = folder.glob("lib/python*/site-packages")
        pip = [sys.executable, "-m", "pip", "--python", str(self.python), "--disable-pip-version-check"]
        install = ["install", "--quiet", "--no-deps", "--no-index", "--no-compile", str(wheel)]
        subprocess.run([*pip, *install], check=True)
        self._dependencies = folder / "dependencies"

    def provide(self, *, only: Collection[str] = (), hidden: Collection[str] = ()) -> None:
        """Let libraries of the running environment be imported: all, all but some, or only some."""
        shutil.rmtree(self._dependencies, ignore_errors=True)
        self._dependencies.mkdir()
        for path in _installed_here():
            name = path.name.partition("-")[0].partition(".")[0].lower()
            target = self._dependencies / path.name
            if (not only or name in only) and name not in hidden and not target.exists():
                target.symlink_to(path)
        (self._packages / "dependencies.pth").write_text(f"{self._dependencies}\n")

    def script(self, name: str, module: str, function: str) -> None:
        """A console script of a library."""
        path = self.bin / name
        path.write_text(SCRIPT.format(python=self.python, module=module, function=function))
        path.chmod(0o755)

    def variables(self, given: dict[str, str]) -> dict[str, str]:
        """The environment of a process in it: no path of ours, no setting but those given."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "TRAILKEEPER_", "PYTEST_"))
        }
        return kept | {"PATH": f"{self.bin}{os.pathsep}{kept['PATH']}"} | given


def _installed_here() -> Iterator[Path]:
    for folder in map(Path, sys.path):
        if folder.name in {"site-packages", "dist-packages"}:
            for path in folder.iterdir():
                # neither us, nor what makes an editable install of us importable
                if "trailkeeper" not in path.name and path.suffix != ".pth":
                    yield path


def _build(kind: str, tree: Path, to: Path, pattern: str) -> Path:
    to.mkdir(parents=True, exist_ok=True)
    line = [sys.executable, "-W", "ignore", "-c", BACKEND.format(kind), str(to)]
    done = subprocess.run(line, cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [built] = to.glob(pattern)
    return built
