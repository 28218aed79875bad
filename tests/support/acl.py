"""The users of docs/redis.acl on a server of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis

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


def _words(rule: str) -> list[str]:
    """A selector is one word, whatever is in it."""
    before, bracket, selector = rule.partition("(")
    return [*before.split(), *([bracket + selector] if bracket else [])]


def _password(rule: str) -> str:
    return next(word[1:] for word in rule.split() if word.startswith(">"))
