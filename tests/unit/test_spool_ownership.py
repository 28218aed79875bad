"""What another user may have put in the spool's place, or may change, is not used."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.spooling import Stream, a_queue, a_spool, fill, held
from trailkeeper.producer.errors import SpoolUnavailable
from trailkeeper.producer.settings import ProducerSettings
from trailkeeper.producer.spool import folder, ownership
from trailkeeper.producer.spool.keeper import FileSpool
from trailkeeper.producer.spool.status import read_status
from trailkeeper.producer.transports import RedisStream
from trailkeeper.worker.counting.waiting import in_spool
from trailkeeper.worker.settings import WorkerSettings

FILES = ("", "-wal", "-shm", "-lock")
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of other users")
NOBODY = 65534


def a_link(path: Path) -> None:
    path.symlink_to(path.with_name("elsewhere"))
    path.with_name("elsewhere").touch()


def a_dangling_link(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


def a_hard_link(path: Path) -> None:
    path.with_name("theirs").touch(0o600)
    path.hardlink_to(path.with_name("theirs"))


def a_fifo(path: Path) -> None:
    os.mkfifo(path, 0o600)


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def a_file_for_everybody(path: Path) -> None:
    path.touch()
    path.chmod(0o602)


def a_file_for_a_group(path: Path) -> None:
    path.touch()
    path.chmod(0o660)


def a_file_of_somebody_else(path: Path) -> None:
    path.touch(0o600)
    os.chown(path, NOBODY, NOBODY)


PLANTED: dict[Callable[[Path], None], str] = {
    a_link: "a symbolic link",
    a_dangling_link: "a symbolic link",
    a_hard_link: "another name",
    a_fifo: "a FIFO",
    a_socket: "a socket",
    Path.mkdir: "a folder",
    a_file_for_everybody: r"everybody can write to it \(mode 0602\).*`chmod 600 ",
    a_file_for_a_group: r"its group can write to it \(mode 0660\).*`chmod 600 ",
}
KINDS = [*PLANTED, pytest.param(a_file_of_somebody_else, marks=AS_ROOT)]


@pytest.mark.parametrize("part", FILES)
@pytest.mark.parametrize("plant", KINDS)
def test_what_may_be_of_another_user_is_not_used_and_the_error_says_what_to_do(
    plant: Callable[[Path], None], part: str, tmp_path: Path
) -> None:
    planted = tmp_path / f"spool.sqlite{part}"
    plant(planted)
    before = planted.lstat()
    with pytest.raises(SpoolUnavailable, match=PLANTED.get(plant, "it is not ours")) as caught:
        fill(a_queue(tmp_path), b"secret")
    for said in (f"{planted} is not used", "owner ", "TRAILKEEPER_SPOOL"):
        assert said in str(caught.value)
    assert planted.lstat() == before


@pytest.mark.parametrize("plant", KINDS)
def test_a_lock_for_delivery_that_another_user_made_is_not_used(
    plant: Callable[[Path], None], tmp_path: Path
) -> None:
    fill(a_queue(tmp_path), b"kept")
    plant(tmp_path / "spool.sqlite-flush")
    with pytest.raises(SpoolUnavailable, match=r"spool\.sqlite-flush is not used"):
        a_spool(tmp_path, Stream()).flush()


@pytest.mark.parametrize("plant", KINDS)
def test_nothing_reads_it_either(plant: Callable[[Path], None], tmp_path: Path) -> None:
    plant(tmp_path / "spool.sqlite")
    with pytest.raises(SpoolUnavailable, match="is not used"):
        read_status(a_queue(tmp_path).file)
    assert in_spool(WorkerSettings(spool=str(tmp_path / "spool.sqlite"))) == []


def test_what_is_put_in_the_place_of_a_file_in_use_is_not_used(tmp_path: Path) -> None:
    queue = a_queue(tmp_path)
    fill(queue, b"mine")
    for path in tmp_path.iterdir():
        path.rename(path.with_name(f"moved-{path.name}"))
    (tmp_path / "spool.sqlite").symlink_to(tmp_path / "moved-spool.sqlite")
    with pytest.raises(SpoolUnavailable, match="a symbolic link"):
        fill(queue, b"secret")


@pytest.mark.parametrize(("mode", "who"), [(0o777, "everybody"), (0o770, "its group"), (0o703, "everybody")])
def test_a_folder_in_which_others_can_replace_files_is_not_used(mode: int, who: str, tmp_path: Path) -> None:
    tmp_path.chmod(mode)
    with pytest.raises(SpoolUnavailable, match=rf"{who} can write to it.*`chmod go-w {tmp_path}`"):
        fill(a_queue(tmp_path), b"secret")
    assert list(tmp_path.iterdir()) == []


def test_a_sticky_folder_like_tmp_is_used_as_nobody_can_replace_our_files_there(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    queue = a_queue(tmp_path)
    fill(queue, b"mine")
    assert held(queue) == [b"mine"]


@AS_ROOT
def test_a_folder_of_another_user_is_not_used(tmp_path: Path) -> None:
    os.chown(tmp_path, NOBODY, NOBODY)
    with pytest.raises(SpoolUnavailable, match=r"the folder is not ours \(owner nobody, this process runs"):
        fill(a_queue(tmp_path), b"secret")
    (tmp_path.parent / "link").symlink_to(tmp_path)
    os.chown(tmp_path.parent / "link", NOBODY, NOBODY, follow_symlinks=False)
    with pytest.raises(SpoolUnavailable, match="the folder is not ours"):
        fill(a_queue(tmp_path.parent / "link"), b"secret")


@AS_ROOT
def test_a_plain_user_is_held_to_the_same_rules(tmp_path: Path) -> None:
    """In a child that gives up root's rights: its own folder is fine, a file of root's is not."""
    for name in ("own", "roots"):
        (tmp_path / name).mkdir(mode=0o700)
        os.chown(tmp_path / name, NOBODY, NOBODY)
    (tmp_path / "roots" / "spool.sqlite").touch(0o666)
    (tmp_path / "roots" / "spool.sqlite").chmod(0o604)
    for parent in (tmp_path, *tmp_path.parents):  # as many as pytest closed to others
        if not parent.stat().st_mode & stat.S_IXOTH:
            parent.chmod(0o711)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            fill(a_queue(tmp_path / "own"), b"mine")
            with pytest.raises(SpoolUnavailable, match=r"owner root, this process runs as nobody"):
                fill(a_queue(tmp_path / "roots"), b"secret")
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@AS_ROOT
def test_a_file_beside_the_spool_that_another_user_made_is_not_taken_for_a_childs(tmp_path: Path) -> None:
    queue = a_queue(tmp_path)
    fill(queue, b"mine")
    a_file_of_somebody_else(tmp_path / "spool.forked-1.sqlite")
    assert folder.beside(queue.file.path) == []
    assert read_status(queue.file).waiting == 1


def test_a_user_without_a_name_is_told_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ownership.user_name(4_000_000) == "4000000"


def test_the_log_says_at_the_start_that_the_spool_cannot_be_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tmp_path.chmod(0o777)
    settings = ProducerSettings(spool=str(tmp_path / "spool.sqlite"))
    FileSpool.of(settings, RedisStream(settings.redis_url, settings.stream))
    assert f"no_spool: in an outage of Redis events are only logged: {tmp_path} is not used" in caplog.text
