"""Whose files these are: what another user may have put there, or may write to, is not used.

The spool may be in a folder that others can write to, such as /tmp. Whoever makes the file first could
read what waits in it, change it, or lead us to another file by a link.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from trailkeeper.producer.errors import SpoolUnavailable

WRITABLE = stat.S_IWGRP | stat.S_IWOTH
SUPERUSER = 0
ELSEWHERE = "or name another file in TRAILKEEPER_SPOOL"


def check_file(path: Path) -> None:
    """Let pass a regular file of this user that nobody else can write to, and one that does not exist.

    Raises:
        SpoolUnavailable: names the path, its owner and what to do.
        OSError: it cannot be found out.
    """
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(status.st_mode):
        raise _refused(path, f"it is {_kind(status.st_mode)}, not a regular file", status, "remove it")
    if status.st_uid != os.geteuid():
        raise _refused(path, "it is not ours", status, _if_right(status))
    if status.st_nlink > 1:
        raise _refused(path, "it has another name as well (a hard link)", status, "remove it")
    if status.st_mode & WRITABLE:
        raise _refused(path, _writable(status.st_mode), status, f"run `chmod 600 {path}`")


def check_folder(folder: Path) -> None:
    """Let pass a folder in which no other user can replace our files.

    It belongs to this user or to root, and only they can write to it; or it is sticky, like /tmp.

    Raises:
        SpoolUnavailable: names the path, its owner and what to do.
        OSError: it cannot be found out.
    """
    link, status = folder.lstat(), folder.stat()
    for each in (link, status):
        if each.st_uid not in {os.geteuid(), SUPERUSER}:
            raise _refused(folder, "the folder is not ours", each, _if_right(each))
    if status.st_mode & WRITABLE and not status.st_mode & stat.S_ISVTX:
        raise _refused(folder, _writable(status.st_mode), status, f"run `chmod go-w {folder}`")


def is_ours(path: Path) -> bool:
    """Whether there is such a file, and this user made it."""
    try:
        return path.lstat().st_uid == os.geteuid()
    except OSError:
        return False


def _if_right(status: os.stat_result) -> str:
    return f"run this as {user_name(status.st_uid)} if that is the application's user, else remove it"


def _refused(path: Path, why: str, status: os.stat_result, advice: str) -> SpoolUnavailable:
    owner, user = user_name(status.st_uid), user_name(os.geteuid())
    return SpoolUnavailable(
        f"{path} is not used: {why} (owner {owner}, this process runs as {user}); {advice}, {ELSEWHERE}"
    )


def user_name(uid: int) -> str:
    """The name of a user, or the number where no file of users knows it."""
    import pwd  # noqa: PLC0415 - only for errors

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _writable(mode: int) -> str:
    who = "everybody" if mode & stat.S_IWOTH else "its group"
    return f"{who} can write to it (mode {stat.S_IMODE(mode):04o})"


def _kind(mode: int) -> str:
    kinds = {stat.S_IFLNK: "a symbolic link", stat.S_IFDIR: "a folder", stat.S_IFIFO: "a FIFO"}
    return kinds.get(stat.S_IFMT(mode), "a socket or a device")
