"""Runs actions after a session of SQLAlchemy commits, and drops them when it rolls back.

SQLAlchemy reports commits (`after_commit`, also for each savepoint that is released)
and ends of transactions (`after_transaction_end`, however they ended). A transaction that
ends right after its commit was committed: its actions move to the enclosing
transaction, or run if there is none. Any other end drops them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from trailkeeper.producer.errors import InvalidEvent

KEY = "trailkeeper.on_commit"
"""Key in a session's `info` that holds its watcher."""


class SessionWatcher:
    """The actions that wait for one session's commit, in order, each with its innermost transaction."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._waiting: list[tuple[Any, Callable[[], None]]] = []
        self._committed: Any = None
        event = sys.modules["sqlalchemy.event"]
        # before the application's own listeners, which may raise
        event.listen(session, "after_commit", self._after_commit, insert=True)
        event.listen(session, "after_transaction_end", self._after_end, insert=True)

    @classmethod
    def of(cls, session: Any) -> SessionWatcher:
        """The session's watcher, made by the first call. Begins a transaction if the session is in none.

        Raises:
            InvalidEvent: the session does not begin one by itself (``autobegin=False``).
        """
        if not session.in_transaction():
            if not session.autobegin:
                raise InvalidEvent("session", "it is in no transaction", "one after its begin()")
            session.begin()
        watcher: SessionWatcher = session.info.get(KEY) or cls(session)
        session.info[KEY] = watcher
        return watcher

    def add(self, action: Callable[[], None]) -> None:
        """Run *action* once the innermost transaction and all those around it are committed."""
        self._waiting.append((_innermost(self._session), action))

    def _after_commit(self, session: Any) -> None:
        self._committed = _innermost(session)

    def _after_end(self, session: Any, transaction: Any) -> None:  # noqa: ARG002 - SQLAlchemy's interface
        if transaction.parent is not None and not transaction.nested:
            return  # a flush, which ends with the transaction around it
        committed, self._committed = self._committed is transaction, None
        enclosing = _enclosing(transaction)
        if not committed:
            self._waiting = [entry for entry in self._waiting if entry[0] is not transaction]
        if enclosing is None:
            self._run_all()
        else:
            self._move(transaction, enclosing)

    def _move(self, released: Any, enclosing: Any) -> None:
        self._waiting = [
            (enclosing if owner is released else owner, action) for owner, action in self._waiting
        ]

    def _run_all(self) -> None:
        due, self._waiting = self._waiting, []
        with ExitStack() as stack:  # runs every action in order, even if one of them raises
            for _, action in reversed(due):
                stack.callback(action)


def _innermost(session: Any) -> Any:
    """The session's current savepoint, or else its transaction."""
    return session.get_nested_transaction() or session.get_transaction()


def _enclosing(transaction: Any) -> Any:
    """The savepoint or transaction around another; None around the outermost."""
    parent = transaction.parent
    while parent is not None and not parent.nested and parent.parent is not None:
        parent = parent.parent
    return parent
