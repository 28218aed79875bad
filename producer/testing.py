"""For applications' tests: what was emitted, without Redis.

    def test_login_is_recorded(client, trailkeeper_events):
        client.post("/login", data={"name": "alice", "pin": "0000"})
        trailkeeper_events.assert_emitted("account:login:success", user="1", additional={"method": "pin"})

    def test_the_admin_page_is_refused_when_it_cannot_be_recorded(client, trailkeeper_events):
        with trailkeeper_events.down():
            assert client.get("/admin").status_code == 503

The fixture is installed with the package; without pytest, use `recording`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, NamedTuple

import msgspec

from . import wire
from .emitter import Emitter
from .errors import StreamUnavailable
from .event import Event
from .expecting import ExpectedEvent
from .outbox.connections import for_aemit, for_emit
from .process import swap
from .settings import ProducerSettings, changed, read
from .spool.memory import MemorySpool
from .transports import Transport

NO_COOLDOWN = 1e-9  # seconds


@contextmanager
def recording(**overrides: Any) -> Iterator[Recorder]:
    """Within the block, `emit` records to a `Recorder`; after it, to wherever it did before.

    A wrong call raises `InvalidEvent`, whatever the environment says. The catalogue stays the one that
    the application configured. If the application calls
    `configure` within the block, the recorder gets no more events: let it do so before.

    Args:
        **overrides: settings by their names in `ProducerSettings`, such as ``on_invalid="quarantine"``.

    Raises:
        SettingsError: a setting is wrong or unknown.
    """
    # a test is where a wrong call should fail, and has no time for the breaker's cooldown after an outage
    defaults = {"breaker_seconds": NO_COOLDOWN, "on_invalid": "raise"}
    settings = changed(read(ProducerSettings), defaults | overrides)
    recorder = Recorder()
    previous = swap(None)
    catalogue = previous.catalogue if previous else None
    try:
        swap(
            Emitter(settings, catalogue=catalogue, transport=recorder, spool=recorder.spool, outbox=recorder)
        )
        yield recorder
    finally:
        swap(previous)


class Quarantined(NamedTuple):
    """A wrong call of `emit`, kept by ``recording(on_invalid="quarantine")``, as in production."""

    payload: bytes
    problem: str


class Recorder(Transport):
    """A transport and an outbox that keep events in memory. All before them, such as validation, is real.

    What is emitted with ``connection=`` is kept too, at the call. `emit_on_commit` works as in
    production: an event is kept once the test commits the session; in a Django test case, at the
    end of ``captureOnCommitCallbacks(execute=True)``.

    Attributes:
        events: what was emitted, in order.
        invalid: what was quarantined, in order.
        spool: keeps events while the recorder simulates an outage.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.invalid: list[Quarantined] = []
        self.spool = MemorySpool(lambda fields: self._keep(fields[b"e"], fields.get(b"invalid")))
        self._is_down = False

    @property
    def spooled(self) -> list[Event]:
        """What was emitted during an outage of Redis alone, and is not in `events` yet."""
        return [wire.read(fields[b"e"])[0] for fields in self.spool.entries if b"invalid" not in fields]

    def clear(self) -> None:
        """Forget what was emitted so far."""
        self.events.clear()
        self.invalid.clear()
        self.spool.entries.clear()

    def only(self, tag: str) -> list[Event]:
        """The events of one tag, in order."""
        return [event for event in self.events if event.tag == tag]

    def assert_emitted(self, tag: str, **parts: Any) -> Event:
        """The first event with this tag and these fields.

        Args:
            tag: as in the catalogue, not an alias.
            **parts: fields of the event and their values. For a subject or an actor its id is enough, or
                what was passed to `emit`; of ``additional`` only the keys passed here are compared.

        Raises:
            AssertionError: there is none; lists the events there are.
            TypeError: a field that events do not have.
        """
        expected = ExpectedEvent(tag, parts)
        for event in self.events:
            if expected.matches(event):
                return event
        raise AssertionError(expected.failure(self.events, [kept.problem for kept in self.invalid]))

    def down(self, *, spool: bool = False) -> AbstractContextManager[object]:
        """Simulate an outage of Redis: until `up`, or to the end of ``with recorder.down():``.

        Args:
            spool: whether the spool still works. If not, nothing takes events, and `required` ones
                raise; if so, they are in `spooled` until the first emit after the outage.
        """
        self._is_down = True
        self.spool.is_full = not spool
        outage = ExitStack()
        outage.callback(self.up)
        return outage

    def up(self) -> None:
        """End the outage."""
        self._is_down = False
        self.spool.is_full = False

    def send(
        self,
        payload: bytes,
        invalid: bytes | None,
        deadline: float,  # noqa: ARG002 - it never waits
        signature: bytes | None = None,  # noqa: ARG002 - not verified here
    ) -> None:
        """Keep a message. See `producer.transports.Transport`."""
        if self._is_down:
            raise StreamUnavailable("the recorder simulates an outage")
        self._keep(payload, invalid)

    async def asend(
        self, payload: bytes, invalid: bytes | None, deadline: float, signature: bytes | None = None
    ) -> None:
        """Keep a message. See `producer.transports.Transport`."""
        self.send(payload, invalid, deadline, signature)

    def put(self, connection: object, payload: bytes, invalid: bytes | None) -> None:
        """Keep at once what is emitted with ``connection=``. See `producer.outbox.Outbox`.

        Nothing is written to the database, so it needs no outbox, and a rollback takes nothing
        away. An outage of Redis does not matter, just as in production.
        """
        for_emit(connection)
        self._keep(payload, invalid)

    async def aput(self, connection: object, payload: bytes, invalid: bytes | None) -> None:
        """`put` for connections of coroutines."""
        for_aemit(connection)
        self._keep(payload, invalid)

    def close(self) -> None:
        """Does nothing: nothing is open."""

    def _keep(self, payload: bytes, invalid: bytes | None) -> None:
        if invalid is None:
            # without a look at the clock, which a test may have set back since
            self.events.append(wire.read(payload)[0])
        else:
            self.invalid.append(Quarantined(payload, _problem(invalid)))


def _problem(invalid: bytes) -> str:
    return str(msgspec.json.decode(invalid, type=dict[str, Any])["problem"])
