"""Logins of worker and views in an embedded Postgres, each with the rights it needs."""

from __future__ import annotations

WORKER, VIEWS = "trailkeeper_worker", "trailkeeper_views"


def make_logins(url: str) -> tuple[str, str]:
    """Make the two roles where they are missing; the schema has to exist.

    Args:
        url: of the database, as superuser.

    Returns:
        The URLs for the worker and for the views.

    Raises:
        StoreError: the server did not answer.
    """
    from trailkeeper.models.engine import parse_url, temporary_engine, transaction  # noqa: PLC0415 - slow, and an extra
    from trailkeeper.models.privileges import READER, WRITER  # noqa: PLC0415
    from trailkeeper.models.roles import make_login  # noqa: PLC0415

    with (
        temporary_engine(url, application_name="trailkeeper up") as engine,
        transaction(engine) as connection,
    ):
        make_login(connection, WORKER, WRITER)
        make_login(connection, VIEWS, READER)
    worker, views = (parse_url(url).set(username=name) for name in (WORKER, VIEWS))
    return worker.render_as_string(hide_password=False), views.render_as_string(hide_password=False)
