"""A psycopg2 connection whose transactions begin with settings of ours."""

from __future__ import annotations

from select import POLLIN, poll
from typing import Any

from psycopg2.errors import InFailedSqlTransaction
from psycopg2.extensions import (
    ISOLATION_LEVEL_AUTOCOMMIT,
    ISOLATION_LEVEL_READ_COMMITTED,
    ISOLATION_LEVEL_REPEATABLE_READ,
    TRANSACTION_STATUS_IDLE,
    TRANSACTION_STATUS_INERROR,
    connection,
)

_BEGIN = {
    None: "BEGIN",
    ISOLATION_LEVEL_AUTOCOMMIT: "",
    ISOLATION_LEVEL_READ_COMMITTED: "BEGIN",
    ISOLATION_LEVEL_REPEATABLE_READ: "BEGIN ISOLATION LEVEL REPEATABLE READ",
}


class PinnedConnection(connection):
    """Begins transactions itself: BEGIN and the settings travel in one message.

    The driver would send its own BEGIN before the first statement, and the settings would cost one more round
    trip: a transaction of two small reads took 1.4 times as long. So the driver stays in autocommit mode, and
    its `status` and `isolation_level` say nothing about the transaction.

    Args:
        settings: statements that hold until the transaction ends.
    """

    def __init__(self, *arguments: Any, settings: str) -> None:
        super().__init__(*arguments)
        self._settings = settings
        self._begin = "BEGIN"
        super().set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)

    def set_isolation_level(self, level: int | None) -> None:
        """Set the level of later transactions. In autocommit mode `begin` does nothing."""
        self._begin = _BEGIN[level]

    def begin(self) -> None:
        """Begin a transaction."""
        if self._begin:
            self._run(f"{self._begin}; {self._settings}")

    def ping(self) -> bool:
        """Whether the server is still there.

        Its end, or a message of its end, is there to read: only then is it asked, which costs a round trip.

        Raises:
            psycopg2.Error: it is not.
        """
        end = poll()
        end.register(self, POLLIN)
        if end.poll(0):
            self._run("SELECT 1")
        return True

    def commit(self) -> None:
        """End the transaction, if there is one.

        Raises:
            InFailedSqlTransaction: a statement failed. Postgres would roll back and report no error.
        """
        if self.get_transaction_status() == TRANSACTION_STATUS_INERROR:
            raise InFailedSqlTransaction("a statement of this transaction failed; nothing can be committed")
        self._end("COMMIT")

    def rollback(self) -> None:
        """Undo the transaction, if there is one."""
        self._end("ROLLBACK")

    def _end(self, statement: str) -> None:
        if self.get_transaction_status() != TRANSACTION_STATUS_IDLE:
            self._run(statement)

    def _run(self, statement: str) -> None:
        with self.cursor() as cursor:
            cursor.execute(statement)
