"""Children that die are started again; locks and records survive a crash of whoever held them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from tests.support.waiting import until
from trailkeeper.cli.embedded.errors import EmbeddedError
from trailkeeper.cli.embedded.guard import NOTHING_LEFT, watch
from trailkeeper.cli.embedded.lock import RUNNING, STOPPING, FolderLock
from trailkeeper.cli.embedded.processes import Child
from trailkeeper.cli.embedded.records import end_recorded, record
from trailkeeper.cli.embedded.supervisor import Supervisor

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-uc",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); time.sleep(60)",
]
WITH_POOL = [
    sys.executable,
    "-uc",
    "import subprocess, sys, time; print(subprocess.Popen(['sleep', '60']).pid); time.sleep(60)",
]


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Callable[..., Child]]:
    made: list[Child] = []

    def make(command: list[str], patience: float = 5.0) -> Child:
        log, environment = tmp_path / "child.log", dict(os.environ)
        one = Child("child", command, log=log, records=tmp_path, environment=environment, patience=patience)
        made.append(one)
        one.start()
        return one

    yield make
    for one in made:
        one.kill()


def is_alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_child_that_dies_is_started_again_and_it_is_said(child: Callable[..., Child]) -> None:
    one, said = child(SLEEP), list[str]()
    supervisor = Supervisor([one], said.append)
    supervisor.start()
    first = one.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: one.is_running() and one.pid != first)
    supervisor.stop()
    assert said == ["child was killed by SIGKILL; starting it again in 0.5 s"]


def test_a_child_that_keeps_dying_is_started_more_slowly_each_time() -> None:
    class Doomed:
        name = "doomed"
        starts = 0

        def start(self) -> None:
            self.starts += 1
            raise EmbeddedError("doomed did not start")

        def is_running(self) -> bool:
            return False

    service, said = Doomed(), list[str]()
    supervisor = Supervisor([service], said.append)
    supervisor.start()
    until(lambda: service.starts == 2)
    supervisor.stop()
    pauses = [sentence.rpartition(" in ")[2] for sentence in said if "starting" in sentence]
    assert pauses[:2] == ["0.5 s", "1 s"]
    assert "doomed could not be started: doomed did not start" in said


def test_nothing_is_started_again_after_the_supervisor_stopped(child: Callable[..., Child]) -> None:
    one = child(SLEEP)
    supervisor = Supervisor([one], print)
    supervisor.start()
    supervisor.stop()
    one.kill()
    assert not one.is_running()


def test_a_child_that_does_not_listen_is_killed_after_its_patience(
    child: Callable[..., Child], tmp_path: Path
) -> None:
    one = child(STUBBORN, patience=0.2)
    until(lambda: "deaf" in (tmp_path / "child.log").read_text())
    one.stop()
    assert (one.is_running(), one.ending()) == (False, "was killed by SIGKILL")


def test_what_a_killed_child_left_is_gone_before_it_starts_again(
    child: Callable[..., Child], tmp_path: Path
) -> None:
    one = child(WITH_POOL)
    until(lambda: (tmp_path / "child.log").read_text().endswith("\n"))
    grandchild, first = int((tmp_path / "child.log").read_text()), one.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: not one.is_running())
    assert is_alive(grandchild)
    one.start()
    until(lambda: not is_alive(grandchild))


def test_a_program_that_is_not_there_is_an_error_that_names_the_child(tmp_path: Path) -> None:
    one = Child("worker", ["/nowhere"], log=tmp_path / "log", records=tmp_path, environment={}, patience=1.0)
    with pytest.raises(EmbeddedError, match=r"worker did not start: .*/nowhere"):
        one.start()


def test_recorded_processes_are_ended_and_forgotten(tmp_path: Path) -> None:
    process = subprocess.Popen(SLEEP, start_new_session=True)
    record(tmp_path, "worker", process.pid)
    assert end_recorded(tmp_path) == ["worker"]
    assert process.wait(5) == -signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_only_has_a_recorded_number_is_left_alone(tmp_path: Path) -> None:
    process = subprocess.Popen(SLEEP, start_new_session=True)
    (tmp_path / "worker.pid").write_text(f"{process.pid} 1.0\n")
    assert end_recorded(tmp_path) == []
    assert process.poll() is None
    process.kill()
    process.wait()


def test_a_home_is_locked_for_one_and_the_other_is_told_who_has_it(tmp_path: Path) -> None:
    holder, other = FolderLock(tmp_path / "lock"), FolderLock(tmp_path / "lock")
    holder.take()
    with pytest.raises(EmbeddedError, match=f"is in use by process {os.getpid()}"):
        other.take()
    holder.release()
    assert other.take_if_free(RUNNING)
    other.release()


def test_a_home_is_waited_for_while_its_holder_stops(tmp_path: Path) -> None:
    holding = (
        "import sys, time; from pathlib import Path; from trailkeeper.cli.embedded.lock import FolderLock;"
        f"lock = FolderLock(Path({str(tmp_path / 'lock')!r})); lock.take_if_free({STOPPING!r});"
        "print('held', flush=True); time.sleep(0.5)"
    )
    process = subprocess.Popen([sys.executable, "-c", holding], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    lock = FolderLock(tmp_path / "lock")
    lock.take()
    lock.release()
    process.communicate()


def test_a_stack_that_ended_in_order_leaves_nothing_to_its_guard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(NOTHING_LEFT)))

    watch(tmp_path)

    assert list(tmp_path.iterdir()) == []  # not even the lock, for which it would have waited
