"""Every error the command can meet, as one line and an exit code; the one place where they are translated.

2   invalid arguments, settings, catalogue or event: correct the call
1   a service is away or refused, or a check found a problem: act, then try again
130 Ctrl-C        141 the reader of our output went away
"""

from __future__ import annotations

import sys

from trailkeeper.producer.errors import (
    CatalogueError,
    InvalidEvent,
    SettingsError,
    StreamRefused,
    StreamUnavailable,
    TrailkeeperError,
)
from trailkeeper.producer.settings import variable

from .embedded.errors import EmbeddedError
from .settings import address_of, is_set
from .standard_output import OutputLost
from .urls import without_password

PROBLEM = 1
WRONG_CALL = 2

START_STACK = "`trailkeeper up` starts one for development"


class Failed(Exception):  # noqa: N818 - read as a sentence: the command failed
    """A command failed; the message is for the person who ran it."""

    def __init__(self, message: str, code: int = PROBLEM) -> None:
        super().__init__(message)
        self.code = code


def explain(error: Exception) -> tuple[str, int] | None:
    """The message for the person, and the exit code; None for an unexpected error."""
    match error:
        case Failed():
            return str(error), error.code
        case SettingsError() | CatalogueError() | InvalidEvent():
            return str(error), WRONG_CALL
        case StreamRefused():
            place, said = without_password(address_of("redis_url")), " ".join(str(error).split())
            hint = next((hint for sign, hint in _REDIS_HINTS.items() if sign in said), "")
            return f"Redis at {place} refused: {said}{hint}", PROBLEM
        case StreamUnavailable():
            return _away("Redis", "redis_url", str(error)), PROBLEM
        case TrailkeeperError() | EmbeddedError() | OutputLost():
            return str(error), PROBLEM
        case _:
            message = _of_store(error)
            return None if message is None else (message, PROBLEM)


def _of_store(error: Exception) -> str | None:
    if "trailkeeper.models.errors" not in sys.modules:  # nor is it installed, perhaps
        return None
    from trailkeeper.models.errors import (  # noqa: PLC0415 - slow to import
        StoreError,
        StoreMisconfigured,
        StoreUnavailable,
    )

    match error:
        case StoreUnavailable():
            return _away("Postgres", "database_url", str(error))
        case StoreMisconfigured():
            place = without_password(address_of("database_url"))
            if error.sqlstate in NO_TABLES:
                said = " ".join(str(error).split())
                return f"Postgres at {place} lacks our tables, or some of this version: {MIGRATE} ({said})"
            return f"Postgres at {place} refused: {error}{_HINTS.get(error.sqlstate or '', '')}"
        case StoreError():
            return str(error)
        case _:
            return None


_REDIS_HINTS = {
    "WRONGTYPE": "; something that is no stream has the stream's key: RENAME it, or set TRAILKEEPER_STREAM",
    "NOPERM": "; docs/redis.acl has the rights that each login needs",
}
_HINTS = {
    "42501": "; `trailkeeper doctor` says what rights this login lacks",
}
"""The next step, by what Postgres said: no right."""
NO_TABLES = {"3F000", "42P01", "42703", "42883"}
"""What Postgres says of a schema, table, column or function that is not there."""
MIGRATE = "run `trailkeeper migrate`"


def unexpected(error: Exception) -> str:
    """The message for an error that is a bug of ours."""
    return f"unexpected {type(error).__name__}: {error} (TRAILKEEPER_DEBUG=1 shows where)"


def _away(what: str, setting: str, reason: str) -> str:
    place = without_password(address_of(setting))
    reason = " ".join(reason.split()).rstrip(".")
    if reason.startswith(f"{what} at "):
        return f"{reason}; {START_STACK}"
    source = variable(setting) if is_set(setting) else f"the default, as {variable(setting)} is not set"
    return f"{what} at {place} ({source}) does not answer: {reason}; {START_STACK}"
