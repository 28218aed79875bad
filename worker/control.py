"""Asking the workers themselves, over Celery's own channel."""

from __future__ import annotations

from kombu.exceptions import OperationalError

from producer.errors import StreamUnavailable
from worker.celery import app


def queues_by_worker(seconds: float = 1.0) -> dict[str, list[str]]:
    """The workers that answer within *seconds*, and which queues each takes; always waits that long.

    Raises:
        StreamUnavailable: the broker did not answer.
    """
    try:
        with app.connection_for_write(connect_timeout=seconds) as connection:
            connection.ensure_connection(max_retries=1, timeout=seconds)
            answers = app.control.broadcast(
                "active_queues", reply=True, timeout=seconds, connection=connection
            )
    except (OperationalError, OSError) as error:
        raise StreamUnavailable(str(error) or type(error).__name__) from error
    return {
        name: sorted(queue["name"] for queue in queues)
        for answer in answers or []
        for name, queues in answer.items()
        if isinstance(queues, list)
    }
