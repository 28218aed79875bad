"""Workers die while they relay: each committed event is stored once, what was rolled back never."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from tests.support.databases import raw_engine
from tests.support.drains import query, stored_ids
from tests.support.stacks import dead_letters, pool_of, running
from tests.support.waiting import until
from trailkeeper import Emitter, ProducerSettings
from trailkeeper.cli.embedded.stack import Stack

KILLS = 10
SECONDS_TO_RECOVER = 60.0
PAUSE = 0.001


@pytest.fixture(scope="module")
def stack(services_folder: Path) -> Iterator[Stack]:
    with running(services_folder / "outbox") as stack:
        yield stack


class Shop:
    """An application whose transactions commit, or roll back whole or in part, each with its events."""

    def __init__(self, url: str) -> None:
        self._engine = raw_engine(url)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._trade)
        self._choice = random.Random(7)
        # nobody answers there: what is emitted with a connection does not ask Redis
        self._emitter = Emitter(ProducerSettings(redis_url="redis://127.0.0.1:1/0"))
        self.committed: set[UUID] = set()
        self.taken_back: set[UUID] = set()

    @contextmanager
    def trading(self) -> Iterator[Shop]:
        self._thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            self._thread.join()
            self._engine.dispose()

    def _trade(self) -> None:
        while not self._stop.wait(PAUSE):
            with Session(self._engine) as session:
                kept, dropped = self._order(session)
                if self._choice.random() < 0.3:
                    session.rollback()
                    self.taken_back |= kept | dropped
                else:
                    session.commit()
                    self.committed |= kept
                    self.taken_back |= dropped

    def _order(self, session: Session) -> tuple[set[UUID], set[UUID]]:
        kept = {self._emit(session)}
        savepoint = session.begin_nested()
        within = {self._emit(session)}
        if self._choice.random() < 0.5:
            savepoint.rollback()
            return kept, within
        savepoint.commit()
        return kept | within, set()

    def _emit(self, session: Session) -> UUID:
        return self._emitter.emit(
            "account:login:success", user="u1", connection=session, additional={"two_factor_method": "totp"}
        )


def is_relayed(stack: Stack) -> bool:
    return not query(stack.database_url, "SELECT 1 FROM outbox LIMIT 1")


def _relayed_more(stack: Stack, than: int) -> int:
    """How many events are stored, once there are more: so a kill meets a relay at work."""
    [found] = query(stack.database_url, "SELECT count(*) AS n FROM events")
    return int(found["n"]) if found["n"] > than else 0


def test_killing_workers_while_they_relay_loses_doubles_and_invents_nothing(stack: Stack) -> None:
    choice = random.Random(5)

    with Shop(stack.database_url).trading() as shop:
        relayed = 0
        for _ in range(KILLS):
            relayed = until(partial(_relayed_more, stack, relayed), 60, "events are relayed again")
            pool = until(lambda: pool_of(stack), 60, "there is somebody to kill")
            with suppress(psutil.NoSuchProcess):  # it ended with its parent, which was the victim before
                victim = psutil.Process(stack.worker_pid) if choice.random() < 0.15 else choice.choice(pool)
                victim.kill()
            time.sleep(choice.uniform(0.1, 0.5))  # the interval of the kills, not a wait for anything

    until(lambda: is_relayed(stack), SECONDS_TO_RECOVER, "the outbox is empty")
    ids = stored_ids(stack.database_url)
    assert len(shop.committed) > 300
    assert len(shop.taken_back) > 100
    assert len(ids) == len(set(ids))
    assert set(ids) == shop.committed
    assert dead_letters(stack) == {}


def test_an_event_is_visible_within_a_second_or_two_of_its_commit(stack: Stack) -> None:
    engine = raw_engine(stack.database_url)
    emitter = Emitter(ProducerSettings(redis_url="redis://127.0.0.1:1/0"))

    def one() -> float:
        with engine.begin() as connection:
            receipt = emitter.emit("account:login:success", user="u1", connection=connection)
        began = time.monotonic()
        with engine.connect() as other:
            until(lambda: _is_there(other, receipt), 30, "it is stored", pause=0.01)
        return time.monotonic() - began

    one()  # each pool process reads its data once
    taken = sorted(one() for _ in range(5))
    engine.dispose()
    assert taken[2] < 2.0


def _is_there(connection: Connection, event_id: UUID) -> bool:
    found = connection.scalar(
        text("SELECT 1 FROM events WHERE scope = 'user' AND id = :id"), {"id": event_id}
    )
    connection.rollback()
    return found is not None
