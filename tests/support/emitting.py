"""What tests of `emit` need: event types of every delivery, and transports that do as they are told."""

from __future__ import annotations

import threading
from typing import Any

from trailkeeper import Emitter, ProducerSettings
from trailkeeper.producer.catalogue import Catalogue, EventType
from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.testing import Recorder
from trailkeeper.producer.transports import Transport

CATALOGUE = Catalogue(
    [
        EventType(
            tag="project:release:add",
            scope="project",
            sentence="{actor} released {version} of {project}",
            payload={
                "version": "string",
                "files": "integer",
                "score": "number",
                "yanked": "boolean",
                "tags": "array",
                "extra": "object",
            },
            aliases=("release:add",),
        ),
        EventType(tag="account:login:success", scope="user", sentence="{user} logged in"),
        EventType(tag="admin:user:view", scope="system", sentence="{actor} looked", delivery="required"),
        EventType(tag="page:view", scope="system", sentence="{actor} looked", delivery="best_effort"),
    ]
)
SPOOLED, REQUIRED, BEST_EFFORT = "project:release:add", "admin:user:view", "page:view"


class Counter:
    """Metrics that remember: outcome by tag, in order."""

    def __init__(self) -> None:
        self.counted: list[tuple[str, list[str]]] = []

    def increment(self, name: str, tags: list[str]) -> None:
        self.counted.append((name, tags))

    @property
    def outcomes(self) -> list[str]:
        return [tags[1].removeprefix("outcome:") for _, tags in self.counted]


class Broken(Transport):
    """A transport that fails each time, and counts how often it was tried."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error or StreamUnavailable("Redis at nowhere did not answer in time")
        self.tries = 0
        self._lock = threading.Lock()

    def send(
        self, payload: bytes, invalid: bytes | None, deadline: float, signature: bytes | None = None
    ) -> None:
        with self._lock:
            self.tries += 1
        raise self.error

    async def asend(
        self, payload: bytes, invalid: bytes | None, deadline: float, signature: bytes | None = None
    ) -> None:
        self.send(payload, invalid, deadline, signature)

    def close(self) -> None:
        pass


def an_emitter(transport: Any = None, metrics: Any = None, **settings: Any) -> tuple[Emitter, Recorder]:
    """An emitter to a recorder, or to the transport given (then the recorder stays empty)."""
    recorder = Recorder()
    found = ProducerSettings(**{"on_invalid": "raise", **settings})
    emitter = Emitter(
        found,
        catalogue=CATALOGUE,
        transport=transport or recorder,
        metrics=metrics,
        spool=None,
        outbox=recorder,
    )
    return emitter, recorder


def a_spooling_emitter(
    transport: Any = None, spool: Any = None, metrics: Any = None, **settings: Any
) -> tuple[Emitter, Recorder]:
    """The same with a spool: the recorder's, or the one given."""
    recorder = Recorder()
    emitter = Emitter(
        ProducerSettings(**{"on_invalid": "raise", **settings}),
        catalogue=CATALOGUE,
        transport=transport or recorder,
        metrics=metrics,
        spool=spool or recorder.spool,
    )
    return emitter, recorder
