"""Where the chaos takes place: our own servers behind our own networks, a worker, beat and web processes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import redis
from sqlalchemy.engine import make_url

from tests.support.stacks import pool_of
from trailkeeper.cli.embedded.postgres import EmbeddedPostgres
from trailkeeper.cli.embedded.stack import Stack
from trailkeeper.producer.errors import SpoolUnavailable
from trailkeeper.producer.redis_client import connect
from trailkeeper.producer.settings import variable
from trailkeeper.producer.spool.file import SpoolFile
from trailkeeper.producer.spool.schema import Limits
from trailkeeper.producer.spool.status import read_status
from trailkeeper.producer.stream_keys import GROUP

from .journal import Journal
from .plan import Plan
from .processes import Network, Web
from .topologies import make_redis, streams_of

WEBS = 2
LEASE_SECONDS = "2"


class Room:
    """Everything that can be hurt.

    Args:
        home: an empty folder.
        plan: how much is sent, to which server.
    """

    def __init__(self, home: Path, plan: Plan) -> None:
        self.plan = plan
        self.journal = Journal()
        self.redis = make_redis(plan.server, home / "redis")
        self.postgres = EmbeddedPostgres(home / "pg")
        self._home = home
        self._spool = SpoolFile(home / "spool" / "spool.sqlite", Limits())
        self._closing = ExitStack()

    def start(self) -> None:
        """Bring everything up; `stop` ends what was started, whatever happened."""
        self.redis.start()
        self._closing.callback(self.redis.stop)
        self._socket = _socket_of(self.postgres.start())
        self._closing.callback(self.postgres.stop, "immediate")
        if self.redis.is_one:
            redis_address = make_url(self.redis.url)
            self.web_to_redis = self._network(f"{redis_address.host}:{redis_address.port}")
            self.worker_to_redis = self._network(f"{redis_address.host}:{redis_address.port}")
        self.worker_to_postgres = self._network(self._socket)
        self.stack = self._closing.enter_context(self._stack())
        self.webs = [self._web(number) for number in range(WEBS)]
        for web in self.webs:
            web.start()

    def stop(self) -> None:
        """End everything."""
        self._closing.close()

    def run(self, *arguments: str, as_web: bool = False) -> Any:
        """What the command `trailkeeper` answers in this room, as JSON.

        Args:
            *arguments: of the command.
            as_web: with the settings of a web process rather than with the worker's.
        """
        command = [sys.executable, "-m", "trailkeeper.cli.main", *arguments, "--json"]
        environment = self.web_environment if as_web else self.stack.environment
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=600
        )
        if not done.stdout.strip():
            raise RuntimeError(f"trailkeeper {' '.join(arguments)} said nothing but {done.stderr}")
        return json.loads(done.stdout.splitlines()[-1])

    def is_at_work(self) -> bool:
        """Whether a web process still has requests to handle.

        Raises:
            RuntimeError: one ended otherwise than by being killed.
        """
        for web in self.webs:
            if web.problem:
                raise RuntimeError(f"a web process ended by itself:\n{web.problem}")
        return not all(web.is_done() for web in self.webs)

    def backlog(self) -> int | None:
        """Events in the streams, or None while Redis does not answer."""
        return self._summed(lambda client, key: int(client.xlen(key)))

    def taken(self) -> int | None:
        """How many events ever left the streams for the table, or None while Redis does not answer."""

        def taken(client: redis.Redis, key: str) -> int:
            found: Any = client.xinfo_stream(key)
            return int(found["entries-added"]) - int(found["length"])

        return self._summed(taken)

    def spooled(self) -> int:
        """Events in the spool."""
        try:
            return read_status(self._spool).waiting
        except SpoolUnavailable:
            return 1  # it is just being written to; none or some is not known

    def is_drained(self) -> bool:
        """Whether nothing is in the streams, given out or not."""

        def left(client: redis.Redis, key: str) -> int:
            return int(client.xlen(key)) + int(client.xpending(key, GROUP)["pending"])

        return self._summed(left) == 0

    def _summed(self, call: Callable[[redis.Redis, str], int]) -> int | None:
        """The sum over the streams, past the networks; None while Redis does not answer."""
        total = 0
        for shard in streams_of(self.redis):
            with connect(shard, answer_seconds=2.0) as client:
                try:
                    total += call(client, shard.key)
                except redis.RedisError:
                    return None
        return total

    def pool(self) -> list[psutil.Process]:
        """The worker's pool processes."""
        return pool_of(self.stack)

    @property
    def database_url(self) -> str:
        """Postgres past the networks."""
        return self.postgres.start()

    @property
    def web_environment(self) -> dict[str, str]:
        """What a web process is told: its way to Redis is its own."""
        if not self.redis.is_one:
            return self.stack.environment
        own = make_url(self.redis.url).set(port=self.web_to_redis.port)
        return self.stack.environment | {variable("redis_url"): own.render_as_string(hide_password=False)}

    def _network(self, target: str) -> Network:
        network = Network(target)
        self._closing.callback(network.stop)
        return network

    def _stack(self) -> Stack:
        queue = _past(self.redis.url, self.worker_to_redis) if self.redis.is_one else self.redis.url
        table = _past(self.database_url, self.worker_to_postgres)
        environment = {
            variable("lease_seconds"): LEASE_SECONDS,
            variable("spool"): str(self._spool.path),
            variable("redis_shards"): str(self.redis.shards),
            variable("redis_replicas"): str(self.redis.replicas),
        }
        if self.redis.broker_url is not None:
            environment[variable("broker_url")] = self.redis.broker_url
        return Stack(
            self._home / "stack",
            concurrency=2,
            redis_url=queue,
            database_url=table,
            environment=environment,
            with_views=False,
        )

    def _web(self, number: int) -> Web:
        count, rate = self.plan.events // WEBS, self.plan.rate / WEBS
        web = Web(f"web{number}", count, rate, self.web_environment, self.journal)
        self._closing.callback(web.stop)
        return web


def _past(url: str, network: Network) -> str:
    """A server's URL by way of a network."""
    way = make_url(url).set(host=network.host, port=network.port, query={})
    return way.render_as_string(hide_password=False)


def _socket_of(url: str) -> str:
    folder = make_url(url).query["host"]
    return str(next(Path(str(folder)).glob(".s.PGSQL.[0-9]*[0-9]")))


@contextmanager
def room(home: Path, plan: Plan) -> Iterator[Room]:
    """A room for the time of the block."""
    made = Room(home, plan)
    try:
        made.start()
        yield made
    finally:
        made.stop()
