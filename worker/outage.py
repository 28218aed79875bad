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
        if error and not self.is_on:
            self._logger.warning("cannot %s: %s", self._action, error)
        if self.is_on and not error:
            self._logger.info("can %s again", self._action)
        self.is_on = error is not None
