"""The users of docs/redis.acl on a server of the tests, and servers that load the very file."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis

from tests.support.waiting import until
from trailkeeper.cli.embedded.redis import EmbeddedRedis

RECIPE = Path(__file__).parents[2] / "docs" / "redis.acl"


@contextmanager
def users(url: str) -> Iterator[dict[str, str]]:
    """The URL of each user but the default one, by name, for the time of the block."""
    rules = [line.split(" ", 2)[1:] for line in RECIPE.read_text().splitlines() if line.startswith("user ")]
    made = {name: rule for name, rule in rules if name != "default"}
    place = url.rpartition("@")[2]
    with redis.Redis.from_url(url) as client:
        admin: Any = client
        for name, rule in made.items():
            admin.execute_command("ACL", "SETUSER", name, "reset", *_words(rule))
        yield {name: f"redis://{name}:{_password(rule)}@{place}" for name, rule in made.items()}
        admin.execute_command("ACL", "DELUSER", *made)


class AclServer:
    """A server that keeps everything in its append-only file and loads its users from a file.

    Args:
        server: any kind, not started; its folder and port are used.
        rules: of the file; docs/redis.acl itself if not given.
    """

    def __init__(self, server: EmbeddedRedis, rules: str | None = None) -> None:
        self._server = server
        self._rules = RECIPE.read_text() if rules is None else rules
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, user: str) -> str:
        """Of one of the file's users."""
        rules = {line.split()[1]: line for line in self._rules.splitlines()}
        return f"redis://{user}:{_password(rules[user])}@{self._server.url.rpartition('@')[2]}"

    def start(self) -> None:
        """Start it, and wait until it answers its users."""
        folder = self._server.folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "users.acl").write_text(self._rules)
        port = self._server.url.rpartition(":")[2].partition("/")[0]
        settings = {
            "bind": "127.0.0.1", "port": port, "dir": str(folder), "aclfile": str(folder / "users.acl"),
            "appendonly": "yes", "appendfsync": "always", "save": '""',
        }  # fmt: skip
        (folder / "acl.conf").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        with (folder / "acl.log").open("ab") as log:
            command = [str(self._server.binary), str(folder / "acl.conf")]
            process = self._process = subprocess.Popen(command, stdout=log, stderr=log)
        with redis.Redis.from_url(self.url("trailkeeper-worker")) as client:
            until(lambda: _answers(client) or process.poll() is not None, 30, "Redis answers")
        assert process.poll() is None, (folder / "acl.log").read_text()

    def kill(self) -> None:
        """As a power cut would, once what was written is on the disk."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ResponseError:
        raise
    except redis.RedisError:
        return False


def _words(rule: str) -> list[str]:
    """A selector is one word, whatever is in it."""
    before, bracket, selector = rule.partition("(")
    return [*before.split(), *([bracket + selector] if bracket else [])]


def _password(rule: str) -> str:
    return next(word[1:] for word in rule.split() if word.startswith(">"))
