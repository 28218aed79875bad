"""Logins of the roles of least privilege, on a server that trusts who reaches its socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from trailkeeper.models.engine import SCHEMA, make_engine, transaction
from trailkeeper.models.roles import make_login


def url_as(url: str, group: str, schema: str = SCHEMA) -> str:
    """The URL of a database for a login that is a member of one group; *url* is a superuser's."""
    login = f"test_{group}"
    administrator = make_engine(url, schema=schema, application_name="test")
    with transaction(administrator) as connection:
        make_login(connection, login, group)
    administrator.dispose()
    return make_url(url).set(username=login).render_as_string(hide_password=False)


@contextmanager
def engine_as(url: str, group: str) -> Iterator[Engine]:
    """Connections of such a login."""
    engine = make_engine(url_as(url, group), application_name="test")
    yield engine
    engine.dispose()
