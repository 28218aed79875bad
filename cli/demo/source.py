"""Where the demo's events come from: a file of event lines, or people using the example application."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from uuid import UUID

import msgspec

from trailkeeper import Emitter, InvalidEvent, ProducerSettings
from trailkeeper.cli.embedded.errors import EmbeddedError
from trailkeeper.cli.embedded.processes import end
from trailkeeper.cli.embedded.stack import Stack
from trailkeeper.cli.errors import WRONG_CALL, Failed
from trailkeeper.cli.output import say
from trailkeeper.producer.catalogue import Catalogue
from trailkeeper.producer.ids import moment_of
from trailkeeper.producer.lines import EventLine, read_lines
from trailkeeper.producer.settings import read
from trailkeeper.producer.transports import StreamTransport, stream_of

from .sent import Sent

SHOWN_ERRORS = 10
FIRST_LINES = 100
TRAFFIC_SECONDS = 15.0
STOP_SECONDS = 10


class Source(Protocol):
    """Sends events into a running stack, and notes what it sent."""

    @property
    def names(self) -> tuple[str, ...]:
        """A project and a user that its events are about; none, where that is not known."""

    def send(self, stack: Stack, sent: Sent) -> None:
        """Send all of them; returns when Redis has confirmed the last one."""


class FileSource:
    """A file's events through `Emitter.send`; other lines become dead letters, and are reported.

    Raises:
        Failed: none of the first lines is an event: it is probably another kind of file.
    """

    names: tuple[str, ...] = ()

    def __init__(self, path: Path, event_types: Catalogue) -> None:
        self._path = path
        self._event_types = event_types
        self._reported = 0
        with path.open("rb") as file:
            first = [line for line, _ in zip(read_lines(file), range(FIRST_LINES), strict=False)]
        if all(line.error for line in first):
            why = f"line {first[0].number}: {first[0].error}" if first else "it is empty"
            raise Failed(f"{path} has no event lines; {why}", WRONG_CALL)

    def send(self, stack: Stack, sent: Sent) -> None:
        """See `Source.send`."""
        settings = msgspec.structs.replace(
            read(ProducerSettings), redis_url=stack.redis_url, spool=str(stack.spool), on_invalid="raise"
        )
        emitter = Emitter(settings, catalogue=self._event_types)
        stream = stream_of(settings)
        try:
            with self._path.open("rb") as file:
                for line in read_lines(file):
                    if stack.is_stopping():
                        break
                    self._send(line, emitter, stream, sent)
        finally:
            emitter.close()
            stream.close()

    def _send(self, line: EventLine, emitter: Emitter, stream: StreamTransport, sent: Sent) -> None:
        if line.event is None:
            self._keep(line, str(line.error), stream, sent)
            return
        try:
            receipt = emitter.send(line.event)
        except InvalidEvent as error:
            self._keep(line, str(error), stream, sent)
            return
        if receipt.outcome in {"stream", "spooled"}:
            sent.add(UUID(int=receipt.int))
        else:
            sent.refused += 1

    def _keep(self, line: EventLine, problem: str, stream: StreamTransport, sent: Sent) -> None:
        self._report(line.number, problem)
        sent.refused += 1
        invalid = msgspec.json.encode({"problem": f"line {line.number}: {problem}"})
        stream.send(line.raw, invalid, time.monotonic() + STOP_SECONDS)

    def _report(self, number: int, problem: str) -> None:
        self._reported += 1
        if self._reported <= SHOWN_ERRORS:
            say(f"{self._path}:{number}: {problem}")
        if self._reported == SHOWN_ERRORS:
            say("further such lines are not reported; `trailkeeper dead-letters list` has them all")


class TrafficSource:
    """Scripted people at the example application, over HTTP."""

    names: tuple[str, ...] = ("sampler", "alice")

    def send(self, stack: Stack, sent: Sent) -> None:
        """See `Source.send`."""
        from trailkeeper.examples.package_index.clients import drive  # noqa: PLC0415 - an extra

        def note(event_id: UUID) -> None:
            # from its id and not from the clock: the application confirms an event when its request ends
            sent.add(event_id, moment_of(event_id))

        with _application(stack) as url:
            say(f"the example application serves at {url}; people are using it")
            drive(url, seconds=TRAFFIC_SECONDS, on_event=note)


@contextmanager
def _application(stack: Stack) -> Iterator[str]:
    """The example application in a process of its own; gives its URL."""
    # a new database each time: the people register anew
    database = stack.home / "run" / f"package_index-{time.time_ns()}.sqlite"
    options = ["--rehearsal", "--database", str(database), "--desk", stack.database_url]
    command = [sys.executable, "-m", "trailkeeper.examples.package_index.serve", *options]
    with (stack.home / "logs" / "application.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=stack.environment)
    assert process.stdout is not None
    try:
        first = process.stdout.readline()
        if not first:
            raise EmbeddedError(
                f"the example application did not start; {stack.home}/logs/application.log has the reason"
            )
        yield json.loads(first)["url"]
    finally:
        end(process, STOP_SECONDS)
        process.stdout.close()
        database.unlink(missing_ok=True)
