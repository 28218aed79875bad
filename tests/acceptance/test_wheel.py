"""What is published holds one name, and works beside applications that own every other name of ours."""

from __future__ import annotations

import signal
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

import pytest

from tests.support.drains import query
from tests.support.waiting import until
from tests.support.wheels import (
    ROOT,
    Environment,
    build_sdist,
    build_wheel,
    copy_of_checkout,
    files_of,
    unpacked,
)
from tests.unit.test_cli_asking import ASK, every_command

THEIRS = ("producer", "worker", "models", "views", "cli", "integrations", "celeryconfig")
CELERY_APP = """
    import os
    from celery import Celery
    app = Celery("theirs", broker=os.environ["THEIR_BROKER"])
    app.config_from_object("celeryconfig")
    app.set_default()

    @app.task(name="theirs.task")
    def task():
        pass
"""
EMIT = """
    from trailkeeper import emit
    import producer
    assert producer.OWNER == "theirs"
    print(emit("account:login:success", user=producer.USER, additional={"two_factor_method": "totp"}).outcome)
"""
MOUNT = r"""
    import re, warnings
    warnings.simplefilter("ignore")
    from fastapi import FastAPI
    from starlette.testclient import TestClient
    from trailkeeper.views.app import create_app
    from trailkeeper.views.viewer import Viewer
    import views, worker
    assert views.OWNER == "theirs"
    host = FastAPI()
    host.mount("/trail", create_app(identify=lambda request: Viewer(user_id="u-1")))
    with TestClient(host) as client:
        page = client.get("/trail/users/u-1")
        assert page.status_code == 200, page.text
        style = client.get(re.search(r'href="(/trail/static/[^"]*trail.css)"', page.text)[1])
    print(page.text, style.status_code)
"""
TESTS = """
    from pathlib import Path
    import celeryconfig, cli, models.thing, producer, trailkeeper, views, worker
    from trailkeeper.worker.celery import app

    def test_each_module_is_whose_name_it_has():
        for module in (celeryconfig, cli, models.thing, producer, views, worker):
            assert Path(module.__file__).is_relative_to(Path(__file__).parent)
            assert module.OWNER == "theirs"
        assert "site-packages" in trailkeeper.__file__

    def test_the_plugin_records_what_is_emitted(trailkeeper_events):
        trailkeeper.emit("account:login:success", user="u-1", additional={"two_factor_method": "totp"})
        trailkeeper_events.assert_emitted("account:login:success")

    def test_each_celery_application_has_its_own_tasks_and_settings():
        app.loader.import_default_modules()
        assert app.tasks["trailkeeper.drain"].app is app
        assert worker.app.tasks["theirs.task"].app is worker.app
        assert worker.app.conf.task_default_queue == "theirs"
        assert app.conf.task_default_queue == "maintenance"
"""


WORKER = {
    "modules": ("celery", "-A", "trailkeeper.worker", "worker", "-c", "1", "-Q", "ingest"),
    "packages": ("trailkeeper", "worker", "-c", "1"),
}


class Built(NamedTuple):
    """What would be published."""

    wheel: Path
    wheel_of_sdist: Path
    sdist: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("built")
    tree = copy_of_checkout(folder / "tree")
    sdist = build_sdist(tree, folder / "sdist")
    again = build_wheel(unpacked(sdist, folder / "unpacked"), folder / "again")
    return Built(build_wheel(copy_of_checkout(folder / "clean"), folder / "wheel"), again, sdist)


@pytest.fixture(scope="module")
def environment(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    made = Environment(tmp_path_factory.mktemp("environment"), built.wheel)
    made.script("pytest", "pytest", "main")
    made.script("celery", "celery.__main__", "main")
    return made


class Application:
    """A folder with modules of its own, in which our command and Celery's are started."""

    def __init__(self, folder: Path, environment: Environment, kind: str = "", **variables: str) -> None:
        self.kind = kind
        self.folder = folder
        self._environment = environment
        self._variables = environment.variables(variables | {"PYTHONPATH": ""})

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text('OWNER = "theirs"\n' + dedent(text))

    def run(self, *line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self._environment.bin / line[0]), *line[1:]],
            cwd=self.folder,
            env=self._variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def says(self, code: str) -> str:
        """What a program in its folder prints."""
        done = self.run("python", "-c", dedent(code))
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def running(self, *line: str) -> Iterator[Path]:
        """A command in the background; gives its log. It has to end in order."""
        log = self.folder / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [str(self._environment.bin / line[0]), *line[1:]],
                cwd=self.folder,
                env=self._variables,
                stdout=out,
                stderr=out,
            )
        try:
            yield log
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0, log.read_text()
        finally:
            process.kill()
            process.wait()


@pytest.fixture(params=["modules", "packages"])
def application(
    request: pytest.FixtureRequest,
    environment: Environment,
    tmp_path: Path,
    redis_url: str,
    database_url: str,
) -> Application:
    """An application that owns all our old names, as modules or as packages; `models` is only a folder."""
    environment.provide()
    made = Application(
        tmp_path,
        environment,
        request.param,
        TRAILKEEPER_REDIS_URL=redis_url,
        TRAILKEEPER_DATABASE_URL=database_url,
        TRAILKEEPER_SPOOL=str(tmp_path / "spool.sqlite"),
        TRAILKEEPER_TOKEN_SECRET="a secret for tests, of no worth to anybody",
        THEIR_BROKER=redis_url.replace("/0", "/1"),
    )
    place = "{}.py" if request.param == "modules" else "{}/__init__.py"
    contents = {
        "producer": 'USER = ("u-1", "ada")',
        "worker": CELERY_APP,
        "celeryconfig": 'task_default_queue = "theirs"\nbroker_url = "amqp://nowhere"',
    }
    for name in THEIRS:
        if name != "models":
            made.write(place.format(name), contents.get(name, ""))
    made.write("models/thing.py", "")
    made.write("test_theirs.py", TESTS)
    return made


def test_a_wheel_holds_one_name_and_all_its_data(built: Built) -> None:
    files = files_of(built.wheel)
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert {name.partition("/")[0] for name in files} == {"trailkeeper", f"trailkeeper-{version}.dist-info"}
    wanted = {
        path
        for path in ROOT.glob("*/**/*")
        if path.parts[len(ROOT.parts)] in {*THEIRS, "examples"}
        and path.suffix in {".py", ".toml", ".html", ".css", ".js", ".svg"}
    }
    missing = {f"trailkeeper/{path.relative_to(ROOT)}" for path in wanted} - files
    assert missing == set()
    assert {"trailkeeper/__init__.py", "trailkeeper/py.typed", "trailkeeper/celeryconfig.py"} <= files


def test_a_wheel_of_the_source_distribution_is_the_same(built: Built) -> None:
    assert files_of(built.wheel_of_sdist) == files_of(built.wheel)


def test_an_event_goes_from_their_application_into_the_table_by_a_worker_beside_theirs(
    application: Application, database_url: str
) -> None:
    assert application.says(EMIT) == "stream\n"
    with application.running(*WORKER[application.kind]) as log:
        until(lambda: query(database_url, "SELECT id FROM trailkeeper.events"), 30, "it is stored")
    assert "theirs" not in log.read_text()
    page = application.says(MOUNT)
    assert "ada" in page
    assert page.endswith("200\n")


def test_their_own_celery_application_still_starts(application: Application) -> None:
    with application.running("celery", "-A", "worker", "worker", "-P", "solo", "-l", "INFO") as log:
        until(lambda: "ready." in log.read_text(), 30, "their worker is ready")
    assert "theirs.task" in log.read_text()
    assert "trailkeeper." not in log.read_text()


@pytest.mark.parametrize("line", [("pytest",), ("python", "-m", "pytest")], ids=" ".join)
def test_their_tests_pass_with_our_plugin(line: tuple[str, ...], application: Application) -> None:
    done = application.run(*line, "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


CORE = {"redis", "msgspec"}
MINIMAL = {
    **ASK,
    "backfill pause": ["1"],
    "backfill show": ["1"],
    "dead-letters show": ["1"],
    "emit": ["account:login:success", "--user", "1"],
    "history": ["all"],
    "hold add": ["--user", "1", "--reason", "asked for"],
    "size": ["--events-per-second", "1"],
    "token": ["--admin"],
}
"""The arguments without which a command is a wrong call."""
BOTH, EMBEDDED = "trailkeeper[worker,views]", "trailkeeper[embedded]"
WITHOUT = [
    ("all extras", ["--help"], BOTH),
    ("all extras", ["status"], BOTH),
    ("all extras", ["up"], EMBEDDED),
    ("sqlalchemy", ["history", "all"], BOTH),
    ("celery", ["worker"], BOTH),
    ("celery", ["beat"], BOTH),
    ("jwt", ["token", "--admin"], BOTH),
    ("psutil", ["up"], EMBEDDED),
    ("psutil", ["demo"], EMBEDDED),
]


@pytest.mark.parametrize(("library", "arguments", "needed"), WITHOUT)
def test_a_command_whose_extra_is_missing_says_in_one_line_what_to_install(
    library: str, arguments: list[str], needed: str, environment: Environment, tmp_path: Path
) -> None:
    environment.provide(**({"only": CORE} if library == "all extras" else {"hidden": {library}}))
    done = Application(tmp_path, environment).run("trailkeeper", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    line = done.stderr.strip()
    assert ("click" if library == "all extras" else library) in line
    assert line.endswith(f"pip install '{needed}'")


WITHOUT_EXTRAS = {"config", "emit", "size", "spool status", "spool flush"}
"""Commands that need nothing but click."""


@pytest.mark.parametrize("only", [CORE, CORE | {"click"}], ids=["the plain install", "with click"])
def test_no_command_of_an_install_without_extras_ends_in_a_traceback(
    only: set[str], environment: Environment, tmp_path: Path
) -> None:
    environment.provide(only=only)
    variables = {
        "TRAILKEEPER_SPOOL": str(tmp_path / "spool.sqlite"),
        "TRAILKEEPER_REDIS_URL": "redis://127.0.0.1:1/0",
    }
    application = Application(tmp_path, environment, **variables)
    for name, _ in every_command():
        yes = ["--yes"] if name in ASK else []
        done = application.run("trailkeeper", *name.split(), *MINIMAL.get(name, []), *yes)
        assert "Traceback" not in done.stderr, name
        if not ("click" in only and name in WITHOUT_EXTRAS):
            assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), (name, done.stderr)
            assert "which is not installed: pip install 'trailkeeper[" in done.stderr, (name, done.stderr)
        helped = application.run("trailkeeper", *name.split(), "--help")
        assert helped.returncode == ("click" not in only), name


def test_a_web_application_needs_redis_and_msgspec_only(environment: Environment, tmp_path: Path) -> None:
    environment.provide(only=CORE)
    done = Application(tmp_path, environment).run("python", "-c", "from trailkeeper import aemit, emit")
    assert (done.returncode, done.stderr) == (0, "")
