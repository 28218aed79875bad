"""What `manage.py check` says of us; with ``--deploy`` also what cannot be reached."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.utils.module_loading import import_string

from trailkeeper.producer.errors import StreamUnavailable
from trailkeeper.producer.redis_client import of_each_stream
from trailkeeper.producer.settings import spool_problem

from .middleware import TrailkeeperMiddleware

SECONDS = 2.0
PATH = "trailkeeper.integrations.django.TrailkeeperMiddleware"


def register() -> None:
    """Let `manage.py check` ask from now on."""
    checks.register(check_settings, "trailkeeper")
    checks.register(check_middleware, "trailkeeper")
    checks.register(check_services, "trailkeeper", deploy=True)


def check_settings(**_: Any) -> list[Any]:
    """Whether ``TRAILKEEPER`` can be used."""
    problem = apps.get_app_config("trailkeeper").problem
    hint = "Correct the setting TRAILKEEPER, or the variable TRAILKEEPER_… that the message names."
    return [] if problem is None else [checks.Error(str(problem), hint=hint, id="trailkeeper.E001")]


def check_middleware(**_: Any) -> list[Any]:
    """Whether requests have a context."""
    if any(map(_is_ours, settings.MIDDLEWARE)):
        return []
    problem = "Events have no actor, address or request id: MIDDLEWARE lacks Trailkeeper's."
    return [checks.Warning(problem, hint=f'Put "{PATH}" first.', id="trailkeeper.W001")]


def check_services(**_: Any) -> list[Any]:
    """Whether Redis answers, and whether events are kept if it does not."""
    config = apps.get_app_config("trailkeeper")
    if config.problem is not None:
        return []
    found = []
    try:
        of_each_stream(config.settings, lambda client, _: client.ping(), answer_seconds=SECONDS)
    except StreamUnavailable as error:
        hint = "Start it, or correct REDIS_URL in TRAILKEEPER. Until then events go to the spool."
        found.append(checks.Warning(f"Redis does not answer: {error}", hint=hint, id="trailkeeper.W002"))
    if problem := spool_problem(config.settings.spool):
        found.append(
            checks.Warning(f"No event is kept while Redis is away: {problem}.", id="trailkeeper.W003")
        )
    return found


def _is_ours(path: str) -> bool:
    try:
        middleware = import_string(path)
    except ImportError:  # Django says so itself
        return False
    return isinstance(middleware, type) and issubclass(middleware, TrailkeeperMiddleware)
