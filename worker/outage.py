"""One line of the log when something stops working, and one when it works again."""

from __future__ import annotations

import logging


class Outage:
    """Whether something fails, for what is tried many times a second.

    Args:
        logger: that gets the lines.
        action: what works or does not, after "can" and "cannot".
    """

    def __init__(self, logger: logging.Logger, action: str) -> None:
        self._logger = logger
        self._action = action
        self.is_on = False

    def note(self, error: Exception | None) -> None:
        """Note the result of an attempt."""
        self._note(error, None)

    def note_unforeseen(self, error: Exception) -> None:
        """Note a failure that nothing foresees: the log gets its traceback."""
        self._note(error, error)

    def _note(self, error: Exception | None, traceback_of: Exception | None) -> None:
        if error and not self.is_on:
            self._logger.warning("cannot %s: %s", self._action, error, exc_info=traceback_of)
        if self.is_on and not error:
            self._logger.info("can %s again", self._action)
        self.is_on = error is not None
