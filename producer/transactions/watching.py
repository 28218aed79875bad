"""Watching a session of SQLAlchemy: what was left for its commit happens then, and not after a rollback.

SQLAlchemy tells of commits (`after_commit`, also for each savepoint that is released)
and of ends (`after_transaction_end`, however it ended). So a transaction whose end comes
after its commit was committed, and what waits in it is handed on to the one around
it, or happens if there is none. Every other end drops what waits.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from trailkeeper.producer.errors import InvalidEvent

KEY = "trailkeeper.on_commit"
"""Of a session's `info`, under which it keeps what waits."""


class Watched:
    """What waits for the commit of one session, in order, each with the innermost transaction around it."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._waiting: list[tuple[Any, Callable[[], None]]] = []
        self._committed: Any = None
        event = sys.modules["sqlalchemy.event"]
        # before the application's own listeners, which may raise
        event.listen(session, "after_commit", self._after_commit, insert=True)
        event.listen(session, "after_transaction_end", self._after_end, insert=True)

    @classmethod
    def of(cls, session: Any) -> Watched:
        """That of a session, made if it has none, within a transaction, begun if there is none.

        Raises:
            InvalidEvent: the session begins none by itself.
        """
        if not session.in_transaction():
            if not session.autobegin:
                raise InvalidEvent("session", "it is in no transaction", "one after its begin()")
            session.begin()
        found: Watched = session.info.get(KEY) or cls(session)
        session.info[KEY] = found
        return found

    def add(self, action: Callable[[], None]) -> None:
        """Do something after the commit of the session's innermost transaction and of all around it."""
        self._waiting.append((_innermost(self._session), action))

    def _after_commit(self, session: Any) -> None:
        self._committed = _innermost(session)

    def _after_end(self, session: Any, transaction: Any) -> None:  # noqa: ARG002 - the interface is SQLAlchemy's
        if transaction.parent is not None and not transaction.nested:
            return  # a flush, which ends with the transaction around it
        committed, self._committed = self._committed is transaction, None
        around = _around(transaction)
        if not committed:
            self._waiting = [each for each in self._waiting if each[0] is not transaction]
        if around is None:
            self._happen()
        else:
            self._hand_on(transaction, around)

    def _hand_on(self, released: Any, around: Any) -> None:
        self._waiting = [(around if owner is released else owner, action) for owner, action in self._waiting]

    def _happen(self) -> None:
        due, self._waiting = self._waiting, []
        with ExitStack() as stack:  # each in its turn, also when one before was interrupted
            for _, action in reversed(due):
                stack.callback(action)


def _innermost(session: Any) -> Any:
    """The savepoint or else the transaction that a session is in."""
    return session.get_nested_transaction() or session.get_transaction()


def _around(transaction: Any) -> Any:
    """The savepoint or transaction around another; None around the outermost."""
    parent = transaction.parent
    while parent is not None and not parent.nested and parent.parent is not None:
        parent = parent.parent
    return parent
