"""The pipeline's metrics for Prometheus.

Producers expose their own counters (`producer.metrics`); this page has what stream and
tables tell. It is for staff, and for requests with the token of
``TRAILKEEPER_METRICS_TOKEN``. Requests from localhost get no exception: behind a proxy
on the same host, every request comes from there.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable

from fastapi import APIRouter, Depends, Request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from trailkeeper.models.errors import StoreError
from trailkeeper.producer.errors import StreamUnavailable

from .app_state import AppState, app_state_of
from .auth import viewer_of
from .documents.problems import PROBLEMS
from .problems import unauthorized
from .store_metrics import store_metrics
from .stream_metrics import stream_metrics

NOT_ALLOWED = "metrics are for staff, and for requests with the token of TRAILKEEPER_METRICS_TOKEN"

router = APIRouter(tags=["health"])


class _Collected(Collector):
    """Metrics that were already read, in the form that prometheus_client expects."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


async def _allowed(request: Request) -> None:
    expected = app_state_of(request).settings.metrics_token
    header = request.headers.get("authorization", "")
    if expected is not None and hmac.compare_digest(header.encode(), f"Bearer {expected}".encode()):
        return
    if not (await viewer_of(request)).staff:
        raise unauthorized(NOT_ALLOWED)


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    dependencies=[Depends(_allowed)],
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, 401: PROBLEMS[401]},
)
def metrics(request: Request) -> Response:
    """While a server does not answer, only `trailkeeper_up` says so; its other metrics are left out."""
    registry = CollectorRegistry()
    registry.register(_Collected(_collected(app_state_of(request))))
    return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _collected(parts: AppState) -> list[Metric]:
    up = GaugeMetricFamily("trailkeeper_up", "1 if the server answers.", labels=["service"])
    collected: list[Metric] = [up]
    sources: dict[str, Callable[[], list[Metric]]] = {
        "redis": lambda: stream_metrics(parts.settings),
        "postgres": lambda: store_metrics(parts.engine),
    }
    for service, read in sources.items():
        try:
            collected += read()
            up.add_metric([service], 1)
        except (StoreError, StreamUnavailable):
            up.add_metric([service], 0)
    return collected
