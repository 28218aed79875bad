"""Whether Celery's own messages have somewhere to go that is not the stream's server."""

from __future__ import annotations

from collections.abc import Iterator

from trailkeeper.cli.urls import without_password
from trailkeeper.producer.errors import SettingsError
from trailkeeper.worker.settings import settings

from .finding import Finding, ok, problem


def broker() -> Iterator[Finding]:
    """Check a broker of its own; the stream's server is checked as Redis.

    Raises:
        StreamUnavailable: it does not answer.
    """
    # imports Celery, which takes a while, and which reads its settings meanwhile
    from trailkeeper.worker.broker_url import broker_of  # noqa: PLC0415

    given = settings()
    try:
        broker_of(given)
    except SettingsError as error:
        yield problem("Celery's broker", str(error), "no worker starts without it")
        return
    if given.broker_url is None:
        return
    from trailkeeper.worker.control import check_broker  # noqa: PLC0415

    check_broker(given)
    yield ok("Celery's broker", f"{without_password(given.broker_url)} answers")
