"""For the tests of applications: what was emitted, without Redis.

    def test_login_is_recorded(client, trailkeeper_events):
        client.post("/login", data={"name": "alice", "pin": "0000"})
        trailkeeper_events.assert_emitted("account:login:success", user="1", additional={"method": "pin"})

    def test_the_admin_page_is_refused_when_it_cannot_be_recorded(client, trailkeeper_events):
        with trailkeeper_events.down():
            assert client.get("/admin").status_code == 503

The fixture comes with the package; without pytest, use `recording`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, NamedTuple

import msgspec

from .emitter import Emitter
from .errors import StreamUnavailable
from .event import Event
from .expecting import Wanted
from .outbox.connections import for_aemit, for_emit
from .process import swap
from .settings import ProducerSettings, changed, read
from .spool.memory import MemorySpool
from .wire import decode

SOON = 1e-9  # seconds


@contextmanager
def recording(**overrides: Any) -> Iterator[Recorder]:
    """Within the block, what `producer.emit` records goes to a `Recorder`, and then to where it went before.

    The catalogue stays the one that the application configured. An application that calls
    `producer.configure` within the block takes its events away from the recorder: let it do so before.

    Args:
        **overrides: settings by their names in `ProducerSettings`, such as ``on_invalid="quarantine"``.

    Raises:
        SettingsError: a setting is wrong, or none of ours.
    """
    # after an outage the recorder is asked again at once: a test has no time for a cooldown
    settings = changed(read(ProducerSettings), {"breaker_seconds": SOON, **overrides})
    recorder = Recorder()
    before = swap(None)
    try:
        swap(
            Emitter(
                settings,
                catalogue=before.catalogue if before else None,
                transport=recorder,
                spool=recorder.spool,
            )
        )
        yield recorder
    finally:
        swap(before)


class Quarantined(NamedTuple):
    """An emit that was wrong, and kept since the application asked for ``on_invalid="quarantine"``."""

    payload: bytes
    problem: str


class Recorder:
    """A transport that keeps the events. What comes before it, such as validation, is as in production.

    It keeps what is emitted with ``connection=`` as well, at the call. `emit_on_commit` is as in
    production: an event is kept once the test commits the session; in a test case of Django's, that is
    at the end of its ``captureOnCommitCallbacks(execute=True)``.

    Attributes:
        events: what was emitted, in order.
        invalid: what was quarantined, in order.
        spool: what an emitter keeps events in while the recorder plays an outage.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.invalid: list[Quarantined] = []
        self.spool = MemorySpool(lambda fields: self._keep(fields[b"e"], fields.get(b"invalid")))
        self._is_down = False

    @property
    def spooled(self) -> list[Event]:
        """What was emitted in an outage that the spool outlives, and is no event of `events` yet."""
        return [decode(fields[b"e"])[0] for fields in self.spool.entries if b"invalid" not in fields]

    def clear(self) -> None:
        """Forget what was emitted so far."""
        self.events.clear()
        self.invalid.clear()
        self.spool.entries.clear()

    def only(self, tag: str) -> list[Event]:
        """The events of one tag, in order."""
        return [event for event in self.events if event.tag == tag]

    def assert_emitted(self, tag: str, **parts: Any) -> Event:
        """The first event with this tag and these parts.

        Args:
            tag: as the catalogue has it, not an alias.
            **parts: fields of the event and what they are. For a subject or an actor its id is enough; of
                ``additional`` only the keys that are given are compared.

        Raises:
            AssertionError: there is none; lists what there is.
            TypeError: a part that events do not have.
        """
        wanted = Wanted(tag, parts)
        for event in self.events:
            if wanted.is_met_by(event):
                return event
        raise AssertionError(wanted.missed(self.events, [kept.problem for kept in self.invalid]))

    def down(self, *, spool: bool = False) -> AbstractContextManager[object]:
        """Play an outage of Redis: until `up`, or to the end of ``with recorder.down():``.

        Args:
            spool: whether the spool goes on. Without it, nothing takes events, and those that are
                `required` raise; with it, they are in `spooled` until the first emit after the outage.
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
        signature: bytes | None = None,  # noqa: ARG002 - nobody looks at it here
    ) -> None:
        """Keep a message. See `producer.transports.Transport`."""
        if self._is_down:
            raise StreamUnavailable("the recorder plays an outage")
        self._keep(payload, invalid)

    async def asend(
        self, payload: bytes, invalid: bytes | None, deadline: float, signature: bytes | None = None
    ) -> None:
        """Keep a message. See `producer.transports.Transport`."""
        self.send(payload, invalid, deadline, signature)

    def put(self, connection: object, payload: bytes, invalid: bytes | None) -> None:
        """Keep at once what is emitted with ``connection=``. See `producer.outbox.Outbox`.

        The connection's table is left alone, so none need be there; and what a rollback would
        take away stays. An outage of Redis does not matter, as it does not in production.
        """
        for_emit(connection)
        self._keep(payload, invalid)

    async def aput(self, connection: object, payload: bytes, invalid: bytes | None) -> None:
        """The same for connections of coroutines."""
        for_aemit(connection)
        self._keep(payload, invalid)

    def close(self) -> None:
        """Nothing is held open."""

    def _keep(self, payload: bytes, invalid: bytes | None) -> None:
        if invalid is None:
            self.events.append(decode(payload)[0])
        else:
            self.invalid.append(Quarantined(payload, _problem(invalid)))


def _problem(invalid: bytes) -> str:
    return str(msgspec.json.decode(invalid, type=dict[str, Any])["problem"])
