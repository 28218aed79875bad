"""A configured file over time: opened, watched, reopened when replaced."""

from __future__ import annotations

import logging

from .mmdb import MmdbFile, UnusableDatabase, signature

log = logging.getLogger(__name__)


class Database:
    """The newest good file that was seen at one path."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._problem: str | None = None
        self.file: MmdbFile | None = None

    def refresh(self) -> bool:
        """Open the file anew if it was replaced; True when what is loaded has changed.

        What is wrong with a file is logged once, and the one before it is kept
        while it can still be read.
        """
        before = self.file
        if before is not None and before.altered():
            self.file = None
        try:
            self._open_if_new()
        except UnusableDatabase as error:
            self._note(str(error))
        else:
            self._problem = None
        return self.file is not before

    def _open_if_new(self) -> None:
        now = signature(self._path)
        if self.file is not None and self.file.signature == now:
            return
        self.file = MmdbFile(self._path)
        log.info("location data: %s, %s of %s", self._path, self.file.source, self.file.build)

    def _note(self, problem: str) -> None:
        if problem != self._problem:
            log.warning("location data: %s", problem)
        self._problem = problem
