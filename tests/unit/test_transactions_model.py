"""Random nesting of savepoints, commits and rollbacks: both ways record what a plain model says, in order."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import text
from sqlalchemy.orm import Session, SessionTransaction

from tests.support.emitting import SPOOLED
from tests.support.outboxes import Kept, emitting, in_outbox, sqlite_engine
from trailkeeper import emit, emit_on_commit

Pair = tuple[UUID, UUID]
"""An event in the outbox and its twin that is sent on commit."""


class Transactions(RuleBasedStateMachine):
    """A session, and beside it a list of lists: the transaction's events, then each open savepoint's."""

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        folder = self.open.enter_context(tempfile.TemporaryDirectory())
        self.engine = sqlite_engine(Path(folder) / "app.sqlite")
        self.open.callback(self.engine.dispose)
        self.stream = Kept()
        self.open.enter_context(emitting(self.stream))
        self.session = self.open.enter_context(Session(self.engine))
        self.savepoints: list[SessionTransaction] = []
        self.levels: list[list[Pair]] = [[]]
        self.committed: list[Pair] = []

    @rule()
    def record(self) -> None:
        pair = (emit(SPOOLED, connection=self.session), emit_on_commit(self.session, SPOOLED))
        self.levels[-1].append(pair)

    @precondition(lambda self: self.savepoints)
    @rule()
    def record_within(self) -> None:
        self.record()

    @rule()
    def do_something_else(self) -> None:
        self.session.execute(text("SELECT 1"))

    @precondition(lambda self: len(self.savepoints) < 5)
    @rule()
    def begin_nested(self) -> None:
        self.savepoints.append(self.session.begin_nested())
        self.levels.append([])

    @precondition(lambda self: self.savepoints)
    @rule(depth=st.integers(1, 5))
    def release(self, depth: int) -> None:
        """Also of a savepoint that has others within: they are released with it."""
        place = max(0, len(self.savepoints) - depth)
        self.savepoints[place].commit()
        released = [pair for level in self.levels[place + 1 :] for pair in level]
        del self.savepoints[place:], self.levels[place + 1 :]
        self.levels[-1] += released

    @precondition(lambda self: self.savepoints)
    @rule(depth=st.integers(1, 5))
    def roll_back_to(self, depth: int) -> None:
        """Also to a savepoint that has others within: they are gone with it."""
        place = max(0, len(self.savepoints) - depth)
        self.savepoints[place].rollback()
        del self.savepoints[place:], self.levels[place + 1 :]

    @rule(how=st.sampled_from(["commit", "rollback", "close"]))
    def end(self, how: str) -> None:
        """As one rule of several, so that transactions grow deep before they end."""
        getattr(self.session, how)()
        if how == "commit":
            self.committed += [pair for level in self.levels for pair in level]
        self.savepoints, self.levels = [], [[]]

    @invariant()
    def what_was_committed_is_recorded_in_order_and_nothing_else(self) -> None:
        assert [event.id for event in self.stream.events] == [pair[1] for pair in self.committed]
        assert [event.id for event in in_outbox(self.engine)] == [pair[0] for pair in self.committed]

    def teardown(self) -> None:
        self.open.close()


TestTransactions = Transactions.TestCase
TestTransactions.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
