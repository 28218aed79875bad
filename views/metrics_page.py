"""The whole pipeline's numbers for Prometheus.

What the producers count lies with them (`producer.metrics`); this page has what
stream and tables tell. It is shown to staff, and to whoever brings the token of
``TRAILKEEPER_METRICS_TOKEN``. Not to the loopback as such: behind a proxy on the
same host, everybody comes from there.
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

WANTED = "numbers are shown to staff, and to who brings the token of TRAILKEEPER_METRICS_TOKEN"

router = APIRouter(tags=["health"])


class _Collected(Collector):
    """Numbers found already, as prometheus_client wants to be given them."""

    def __init__(self, found: list[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        return self._found


async def _allowed(request: Request) -> None:
    expected = app_state_of(request).settings.metrics_token
    given = request.headers.get("authorization", "")
    if expected is not None and hmac.compare_digest(given.encode(), f"Bearer {expected}".encode()):
        return
    if not (await viewer_of(request)).staff:
        raise unauthorized(WANTED)


@router.get(
    "/metrics",
    summary="Numbers for Prometheus",
    response_class=Response,
    dependencies=[Depends(_allowed)],
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, 401: PROBLEMS[401]},
)
def metrics(request: Request) -> Response:
    """Of a server that does not answer, only that: its other numbers are left out."""
    registry = CollectorRegistry()
    registry.register(_Collected(_collected(app_state_of(request))))
    return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _collected(parts: AppState) -> list[Metric]:
    up = GaugeMetricFamily("trailkeeper_up", "1 where a server answers.", labels=["service"])
    found: list[Metric] = [up]
    sources: dict[str, Callable[[], list[Metric]]] = {
        "redis": lambda: stream_metrics(parts.settings),
        "postgres": lambda: store_metrics(parts.engine),
    }
    for service, read in sources.items():
        try:
            found += read()
            up.add_metric([service], 1)
        except (StoreError, StreamUnavailable):
            up.add_metric([service], 0)
    return found
