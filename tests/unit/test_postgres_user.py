"""The user that Postgres runs as where we are root: made once, whoever comes first."""

from __future__ import annotations

import os
import pwd
import subprocess
from typing import Any

import pytest

from trailkeeper.cli.embedded import system_user
from trailkeeper.cli.embedded.errors import EmbeddedError

OURS = pwd.getpwuid(os.getuid())


class Machine:
    """One without the user at first, whose useradd refuses, and where somebody else may make it meanwhile."""

    def __init__(self, *, is_made_meanwhile: bool) -> None:
        self._is_made_meanwhile = is_made_meanwhile
        self.asked: list[str] = []

    def useradd(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        self.asked.append(command[0])
        return subprocess.CompletedProcess(command, 9, "", "useradd: refused\n")

    def getpwnam(self, name: str) -> pwd.struct_passwd:
        if not self.asked or not self._is_made_meanwhile:
            raise KeyError(name)
        return OURS


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> Any:
    def on(machine: Machine) -> Machine:
        monkeypatch.setattr(subprocess, "run", machine.useradd)
        monkeypatch.setattr(pwd, "getpwnam", machine.getpwnam)
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        return machine

    return on


def test_two_stacks_that_start_at_once_on_a_new_machine_share_the_user(put: Any) -> None:
    machine = put(Machine(is_made_meanwhile=True))

    assert system_user.child_options()["user"] == OURS.pw_uid
    assert machine.asked == ["useradd"]


def test_a_user_that_cannot_be_made_is_told_with_the_reason_and_what_to_do(put: Any) -> None:
    put(Machine(is_made_meanwhile=False))

    with pytest.raises(
        EmbeddedError, match=r"could not be made: useradd: refused; run trailkeeper as another"
    ):
        system_user.child_options()
