"""A Postgres with a replica that confirms each commit, and its promotion once the first one is gone."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from sqlalchemy.engine import make_url

from tests.support.waiting import until
from trailkeeper.cli.embedded.postgres import EmbeddedPostgres
from trailkeeper.cli.embedded.postgres_files import PostgresFiles, binaries
from trailkeeper.cli.embedded.system_user import child_options, give


@contextmanager
def replicated(folder: Path) -> Iterator[ReplicatedPostgres]:
    """Both servers, started in an empty folder, for the time of the block."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    found = ReplicatedPostgres(folder)
    try:
        found.start()
        yield found
    finally:
        found.stop()


class ReplicatedPostgres:
    """Two servers. What the first has committed, the second has too: so says its configuration.

    Args:
        folder: for both.
    """

    def __init__(self, folder: Path) -> None:
        self.primary = EmbeddedPostgres(folder / "primary")
        self._replica_folder = folder / "replica"
        self._replica: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start both, and wait until the replica follows."""
        self.primary.start()
        give_folder(self._replica_folder)
        copy: list[str | Path] = [binaries() / "pg_basebackup", "-U", "postgres", "-h", self.primary.folder]
        subprocess.run([*copy, "-D", self._replica_folder, "-R", "-c", "fast"], check=True, **child_options())
        (self._replica_folder / ".s.PGSQL.5432.lock").unlink()  # the first one's, copied with the rest
        with (self._replica_folder / "log").open("ab") as log:
            command = PostgresFiles(self._replica_folder).command()
            self._replica = subprocess.Popen(command, stdout=log, stderr=log, **child_options())
        until(lambda: self._on(self.primary.folder, "SELECT 1 FROM pg_stat_replication"), what="it follows")
        self._on(self.primary.folder, "ALTER SYSTEM SET synchronous_standby_names = '*'")
        self._on(self.primary.folder, "SELECT pg_reload_conf()")

    @property
    def url(self) -> str:
        """Both hosts, of which clients take the one that accepts writes."""
        url = make_url("postgresql+psycopg2://postgres@/postgres")
        hosts = (str(self.primary.folder), str(self._replica_folder))
        return url.update_query_dict({"host": hosts, "target_session_attrs": "read-write"}).render_as_string()

    @property
    def replica_url(self) -> str:
        """The second server alone."""
        url = make_url("postgresql+psycopg2://postgres@/postgres")
        return url.update_query_dict({"host": str(self._replica_folder)}).render_as_string()

    def hold_back(self) -> None:
        """The second server receives changes, and does not carry them out."""
        self._on(self._replica_folder, "SELECT pg_wal_replay_pause()")

    def catch_up(self) -> None:
        """The end of `hold_back`."""
        self._on(self._replica_folder, "SELECT pg_wal_replay_resume()")

    def fail_over(self) -> None:
        """The first server dies, and the second takes its place."""
        self.primary.stop("immediate")
        self.promote()

    def demote(self) -> None:
        """The first server lives on, but refuses to write, even for those who are connected to it."""
        self._on(self.primary.folder, "ALTER SYSTEM SET default_transaction_read_only = on")
        self._on(self.primary.folder, "SELECT pg_reload_conf()")

    def promote(self) -> None:
        """The second server takes writes from now on."""
        self._on(self._replica_folder, "SELECT pg_promote()")

    def stop(self) -> None:
        """Stop what still runs."""
        if self.primary.is_running():
            self.primary.stop("immediate")
        if self._replica is not None:
            self._replica.send_signal(signal.SIGINT)  # whoever is connected
            self._replica.wait(30)

    @staticmethod
    def _on(host: Path, statement: str) -> bool:
        connection = psycopg2.connect(host=str(host), user="postgres", dbname="postgres")
        connection.autocommit = True  # as ALTER SYSTEM wants it
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.description is not None and cursor.fetchone() is not None
        finally:
            connection.close()


def give_folder(folder: Path) -> None:
    """An empty folder of Postgres' own user."""
    folder.mkdir(mode=0o700)
    give(folder)
