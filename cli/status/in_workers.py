"""What workers answer."""

from __future__ import annotations

from typing import Any

from trailkeeper.worker.settings import settings

WAIT_SECONDS = 1.0


def workers() -> dict[str, Any]:
    """Which workers answer, and what they take.

    Raises:
        StreamUnavailable: the broker did not answer.
    """
    from trailkeeper.worker.control import queues_by_worker  # noqa: PLC0415 - imports Celery, which takes a while

    queues = queues_by_worker(settings(), WAIT_SECONDS)
    return {"answering": len(queues), "queues": queues}
