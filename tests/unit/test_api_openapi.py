"""The OpenAPI document: whole, true to what is answered, with an example of everything."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from pydantic import BaseModel

from tests.support.api import app_with
from trailkeeper.models.backfills import CHANGES, STATES, StoredBackfill
from trailkeeper.models.backfills.stored import HIDDEN
from trailkeeper.models.histories.as_json import INTERNAL
from trailkeeper.models.histories.derivations import KINDS
from trailkeeper.producer.catalogue.event_type import Role, Scope, View
from trailkeeper.views import admin_requests as requests
from trailkeeper.views.documents import admin, examples
from trailkeeper.views.documents import events as documents
from trailkeeper.views.documents.events import (
    ActivityDocument,
    ClientDocument,
    EventDocument,
    EventTypeDocument,
    LocationDocument,
    NetworkDocument,
    PageDocument,
    ViewerDocument,
)
from trailkeeper.views.documents.problems import ProblemDocument
from trailkeeper.views.viewer import Viewer

ERRORS = {"400", "401", "403", "404", "409", "413", "414", "415", "422", "429", "503"}
DOCUMENT: dict[str, Any] = app_with().openapi()
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())
def test_each_operation_is_named_and_described_and_its_errors_are_problems(operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    for status, response in operation["responses"].items():
        assert status in ERRORS or status in {"200", "202", "204", "303"}
        if status in ERRORS:
            (kind, content), *others = response["content"].items()
            assert (kind, others) == ("application/problem+json", [])
            assert content["schema"] == {"$ref": "#/components/schemas/ProblemDocument"}
            assert content["example"]["status"] == int(status)


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names) > 20
    assert {"get_users_events", "get_events_export", "get_event", "post_session"} <= set(names)


def test_every_reference_leads_somewhere_and_the_frameworks_own_errors_are_not_named() -> None:
    text = msgspec.json.encode(DOCUMENT).decode()
    schemas = set(DOCUMENT["components"]["schemas"])
    referred = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert referred <= schemas
    assert "HTTPValidationError" not in schemas


@pytest.mark.parametrize(
    ("model", "example"),
    [
        (EventDocument, examples.EVENT),
        (PageDocument, examples.PAGE),
        (ActivityDocument, examples.ACTIVITY),
        (EventTypeDocument, examples.EVENT_TYPE),
        (admin.BackfillsDocument, examples.BACKFILLS),
        (admin.CommandDocument, examples.COMMAND),
        (admin.CommandDocument, examples.COMMAND | {"preview": examples.PREVIEW}),
        (admin.DeadLettersDocument, examples.DEAD_LETTERS),
        (admin.WholeDeadLetterDocument, examples.WHOLE_DEAD_LETTER),
        (requests.EnrichRequest, examples.ENRICH),
        (requests.ReplayRequest, examples.REPLAY),
        (requests.DiscardRequest, examples.DISCARD),
        *((ProblemDocument, example) for example in examples.PROBLEM_EXAMPLES.values()),
    ],
)
def test_each_example_is_what_its_model_says(model: Any, example: dict[str, Any]) -> None:
    model.model_validate(example)


def test_the_models_name_the_fields_that_are_answered_in_their_order() -> None:
    assert list(EventDocument.model_fields) == list(examples.EVENT)
    of_kinds: list[type[BaseModel]] = [LocationDocument, ClientDocument, NetworkDocument]
    for kind, document in zip(KINDS, of_kinds, strict=True):
        assert list(document.model_fields) == [name for name in kind.columns if name not in INTERNAL]
    assert list(ViewerDocument.model_fields) == list(Viewer.__struct_fields__)
    assert get_args(documents.Scope) == get_args(Scope)
    assert get_args(EventDocument.model_fields["view"].annotation) == get_args(View)
    assert set(examples.EVENT_TYPE["audience"]) == set(get_args(Role))


def test_the_models_of_backfills_name_what_a_backfill_is_told_as() -> None:
    told = [field for field in StoredBackfill.__dataclass_fields__ if field not in HIDDEN]
    assert list(admin.BackfillDocument.model_fields) == [*told, "may", "rejected_by_reason"]
    assert get_args(admin.BackfillState) == STATES
    assert get_args(admin.Action) == tuple(CHANGES)
