"""Celery's keys in Redis: what each has to hold, and a client that removes what holds something else.

Whoever may write to Redis could give any of them another type, and Celery's consumer ends at that, also when
it begins anew. Nothing in them is worth it: no event is in a Celery message.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

import redis
from kombu.transport import redis as of_kombu

from trailkeeper.producer.redis_notes import is_garbage

from .broker_refusals import refusals

logger = logging.getLogger(__name__)

TYPES = {
    "unacked": "hash",
    "unacked_index": "zset",
    "unacked_mutex": "string",
    "_kombu.binding_deadlines": "zset",
}
BINDINGS = ("_kombu.binding.", "_kombu.binding_permanent.")
"""How keys begin that say which queues an exchange feeds; all others are queues."""


def type_of(name: str) -> str:
    """What a key of Celery's has to hold; its name is without the prefix."""
    return TYPES.get(name, "set" if name.startswith(BINDINGS) else "list")


def remove_wrong(pool: Any, prefix: str, keys: Iterable[str]) -> None:
    """Remove keys that hold something else than Celery puts there; what was in them is lost already.

    Args:
        pool: of connections; one that nobody waits for an answer on.
        prefix: how all keys of Celery's begin.
        keys: with the prefix.
    """
    client = redis.Redis(connection_pool=pool)
    for key in dict.fromkeys(keys):
        with refusals.translated():
            _remove_wrong(client, prefix, key)


def _remove_wrong(client: redis.Redis, prefix: str, key: str) -> None:
    expected, answer = type_of(key.removeprefix(prefix)), client.type(key)
    found = answer.decode() if isinstance(answer, bytes) else str(answer)
    if found not in {expected, "none"}:
        client.delete(key)
        logger.warning(
            "removed %s from Redis, which is none of Celery's: a %s in place of a %s", key, found, expected
        )


class MendingRedis(of_kombu.PrefixedStrictRedis):
    """Kombu's client; where a key holds something else, it is removed, and the command is run again."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Run a command."""
        parent: Any = super()
        prefixed: Any = parent._prefix_args(args)  # noqa: SLF001 - its own
        return _mended(self, lambda: parent.execute_command(*args, **options), [prefixed])

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> Any:
        """Several commands at once, run in the same way."""
        make: Any = MendingPipeline
        return make(
            self.connection_pool,
            self.response_callbacks,
            transaction,
            shard_hint,
            global_keyprefix=self.global_keyprefix,
        )


class MendingPipeline(of_kombu.PrefixedRedisPipeline):
    """Kombu's pipeline, of which it is the same. To run its commands twice does no harm."""

    def execute(self, raise_on_error: bool = True) -> Any:
        """Run the commands."""
        parent: Any = super()
        commands, scripts = list(self.command_stack), set(self.scripts)

        def run() -> Any:
            self.command_stack, self.scripts = list(commands), set(scripts)
            return parent.execute(raise_on_error)

        return _mended(self, run, [args for args, _ in commands])

    def immediate_execute_command(self, *args: Any, **options: Any) -> Any:
        """Run a command of a transaction that has not begun to queue."""
        parent: Any = super()
        return _mended(self, lambda: parent.immediate_execute_command(*args, **options), [args])


def _mended(client: Any, run: Callable[[], Any], commands: Iterable[Iterable[Any]]) -> Any:
    try:
        with refusals.translated():
            return run()
    except redis.ResponseError as error:
        if not is_garbage(error):
            raise
    prefix: str = client.global_keyprefix
    words = (word for command in commands for word in command)
    keys = [word for word in words if isinstance(word, str) and word.startswith(prefix)]
    remove_wrong(client.connection_pool, prefix, keys)
    with refusals.translated():
        return run()
