"""Asking the workers themselves, over Celery's own channel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu.exceptions import OperationalError

from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.worker.broker_url import broker_of
from trailkeeper.worker.celery import app
from trailkeeper.worker.settings import WorkerSettings


def start_chunk(settings: WorkerSettings, identity: int, seconds: float = 2.0) -> None:
    """Send for the next chunk of a backfill at once; beat would within some seconds.

    Raises:
        StreamUnavailable: the broker did not answer.
    """
    with _broker(settings, seconds) as connection:
        app.send_task("trailkeeper.backfill_chunk", (identity,), connection=connection)


def check_broker(settings: WorkerSettings, seconds: float = 2.0) -> None:
    """Return if the broker answers.

    Raises:
        StreamUnavailable: it does not.
    """
    with _broker(settings, seconds):
        pass


def queues_by_worker(settings: WorkerSettings, seconds: float = 1.0) -> dict[str, list[str]]:
    """The workers that answer, and which queues each takes.

    Args:
        settings: where the broker is.
        seconds: how long to wait for answers; always that long.

    Raises:
        StreamUnavailable: the broker did not answer.
    """
    with _broker(settings, seconds) as connection:
        mailbox = app.control.mailbox(connection)
        # the application's pool was made for the broker of the settings that were read first
        mailbox.producer_pool = None
        answers = mailbox.multi_call("active_queues", timeout=seconds)
    return {
        name: sorted(queue["name"] for queue in queues)
        for answer in answers or []
        for name, queues in answer.items()
        if isinstance(queues, list)
    }


@contextmanager
def _broker(settings: WorkerSettings, seconds: float) -> Iterator[Any]:
    """A connection for the block, in which the broker's errors become `StreamUnavailable`."""
    with app.connection_for_write(broker_of(settings).url, connect_timeout=seconds) as connection:
        try:
            connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
            yield connection
        except (
            OSError,
            OperationalError,
            *connection.connection_errors,
            *connection.channel_errors,
        ) as error:
            raise StreamUnavailable(str(error) or type(error).__name__) from error
