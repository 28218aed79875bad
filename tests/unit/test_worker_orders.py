"""Workers answer questions over the broker, and take no orders from whoever can write there."""

from __future__ import annotations

from celery.worker.control import Panel

import trailkeeper.worker.celery


def test_a_worker_answers_questions_and_takes_no_orders_over_the_broker() -> None:
    assert trailkeeper.worker.celery.app.main == "trailkeeper"
    assert {"active_queues", "ping", "stats"} <= set(Panel.data)
    orders = ("shutdown", "cancel_consumer", "pool_shrink", "rate_limit", "time_limit", "revoke", "terminate")
    assert not set(orders) & set(Panel.data)
    assert {Panel.meta[name].type for name in Panel.data if name in Panel.meta} == {"inspect"}
