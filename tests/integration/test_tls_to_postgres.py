"""Postgres over TLS, as its URL says it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from tests.support.tls import Authority, tls_in_front_of
from trailkeeper.models.engine import make_engine, transaction
from trailkeeper.models.errors import StoreUnavailable

ASKED, ANSWER = b"\x00\x00\x00\x08\x04\xd2\x16\x2f", b"S"
"""How a client of Postgres asks for TLS, and the server's word for yes."""


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours")


@pytest.fixture
def server(database_url: str) -> Path:
    return Path(str(make_url(database_url).query["host"])) / ".s.PGSQL.5432"


def over_tls(database_url: str, port: int, **options: str) -> str:
    database = make_url(database_url).database
    query = urlencode({"sslmode": "verify-full", **options})
    return f"postgresql+psycopg2://postgres@localhost:{port}/{database}?{query}"


def asked(url: str) -> int:
    engine = make_engine(url, application_name="test")
    try:
        with transaction(engine) as connection:
            return int(connection.execute(text("SELECT 1")).scalar_one())
    finally:
        engine.dispose()


def test_a_server_that_the_named_authority_vouches_for_is_believed(
    database_url: str, server: Path, authority: Authority
) -> None:
    certificate, mine = authority.certificate("postgres"), str(authority.certificate("mine"))
    with tls_in_front_of(server, certificate, authority.file, asked=ASKED, answer=ANSWER) as port:
        url = over_tls(database_url, port, sslrootcert=str(authority.file), sslcert=mine, sslkey=mine)
        assert asked(url) == 1


@pytest.mark.parametrize(
    ("wrong", "said"), [("authority", "certificate verify failed"), ("host", "localhost")]
)
def test_a_server_that_is_not_the_one_we_meant_is_as_one_that_is_away(
    database_url: str, server: Path, authority: Authority, wrong: str, said: str
) -> None:
    issuer = Authority(authority.file.parent, "another") if wrong == "authority" else authority
    certificate = issuer.certificate("postgres", "localhost" if wrong == "authority" else "db.example")
    front = tls_in_front_of(server, certificate, asked=ASKED, answer=ANSWER)
    with front as port, pytest.raises(StoreUnavailable, match=said):
        asked(over_tls(database_url, port, sslrootcert=str(authority.file)))


def test_a_server_without_tls_is_not_spoken_to(database_url: str, server: Path, authority: Authority) -> None:
    front = tls_in_front_of(server, authority.certificate("postgres"), asked=ASKED, answer=b"N")
    with front as port, pytest.raises(StoreUnavailable, match="server does not support SSL"):
        asked(over_tls(database_url, port, sslrootcert=str(authority.file)))
