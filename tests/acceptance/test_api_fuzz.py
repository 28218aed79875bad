"""The API asked everything that its document allows, and much that it does not: never an error of ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from sqlalchemy import Engine

from tests.support import story
from tests.support.api import ADMIN, app_with, bearer
from tests.support.api import settings as views_settings
from tests.support.backfills import start_enrich
from tests.support.databases import a_database
from tests.support.rows import event_row, store
from tests.support.served import Served, served
from trailkeeper.models.engine import make_engine
from trailkeeper.producer.testing import recording
from trailkeeper.views import tail_stream
from trailkeeper.views.admin_commands import AdminCommandQueue
from trailkeeper.views.limits import RateLimiter

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
)
EXAMPLES = 10  # an operation, besides those that cover each parameter's edges

# projects' and organizations' endpoints are the same code
schema = schemathesis.openapi.from_dict(app_with().openapi()).exclude(path_regex="/(projects|organizations)/")


@pytest.fixture(scope="module")
def engine(administrator: Engine, template_database: str) -> Iterator[Engine]:
    """One database for all of it: no worker carries out what is ordered, so nothing changes what is there."""
    with a_database(administrator, template_database) as url:
        found = make_engine(url, application_name="fuzz")
        yield found
        found.dispose()


@pytest.fixture(scope="module")
def service(engine: Engine) -> Iterator[Served]:
    now = datetime.now(UTC)
    subjects: list[dict[str, Any]] = [{"user_id": "0"}, {"scope": "project", "project_id": "0"}]
    store(engine, *(event_row(now - timedelta(minutes=1), **subject) for subject in subjects))
    story.lose(engine, 2)
    start_enrich(engine)
    with pytest.MonkeyPatch.context() as patch, recording():
        patch.setattr(tail_stream, "MAX_SECONDS", 0.0)
        with served(views_settings(), _app(engine)) as found:
            yield found


def _app(engine: Engine) -> FastAPI:
    """Where no order is waited for, and nobody commands too often."""
    app = app_with(engine=engine)
    commands = AdminCommandQueue(engine, engine, views_settings(), wait=0.0)
    app.state.trailkeeper = replace(
        app.state.trailkeeper, admin_commands=commands, command_rate=RateLimiter(1_000_000)
    )
    return app


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_api_keeps_to_its_document_whatever_it_is_asked(
    case: schemathesis.Case[Any], service: Served
) -> None:
    case.call_and_validate(base_url=service.url, headers=bearer(ADMIN), checks=list(CHECKS))
