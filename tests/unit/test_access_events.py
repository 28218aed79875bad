"""What admins look at, and what anybody exports, is recorded."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from trailkeeper import Actor, EventNotRecorded, RequestContext
from trailkeeper.models.histories import Question
from trailkeeper.producer.frames import pop, push
from trailkeeper.producer.testing import Recorder
from trailkeeper.views.access_events import record_export, record_view
from trailkeeper.views.viewer import ANYBODY, Viewer

ADMIN = Viewer(user_id="s1", staff=True)
JOE = Viewer(user_id="u1", projects={"p1": "owner"})
OF_JOE = Question(about="user", id="u1")


def test_an_admins_look_at_somebodys_history_is_recorded_with_who_and_what(
    trailkeeper_events: Recorder,
) -> None:
    question = Question(
        about="user",
        id="u1",
        tags=("account:*",),
        since=datetime(2026, 1, 1, tzinfo=UTC),
        address="192.0.2.1",
        via_service=True,
    )
    record_view(ADMIN, question, request=RequestContext(ip="198.51.100.1"))
    (event,) = trailkeeper_events.events
    assert (event.tag, event.actor.kind, event.actor.id) == ("admin:history:view", "staff", "s1")
    assert event.ip == "198.51.100.1"
    assert event.additional == {
        "about": "user",
        "id": "u1",
        "filters": {
            "tags": ["account:*"],
            "since": "2026-01-01T00:00:00+00:00",
            "address": "192.0.2.1",
            "via_service": True,
        },
    }


@pytest.mark.parametrize("viewer", [ADMIN, JOE])
def test_who_views_made_the_request_whatever_an_application_around_the_pages_calls_them(
    viewer: Viewer, trailkeeper_events: Recorder
) -> None:
    token = push(RequestContext(ip="198.51.100.1", user_agent="Firefox", actor=Actor("user", "5")))
    record_view(viewer, Question(about="project", id="p1"))
    record_export(viewer, OF_JOE, "csv")
    pop(token)
    found = {(event.ip, event.user_agent) for event in trailkeeper_events.events}
    assert found == {("198.51.100.1", "Firefox")}


@pytest.mark.parametrize("question", [Question(), Question(about="project", id="p1")])
def test_admins_looks_at_projects_and_at_everything_are_recorded_too(
    question: Question, trailkeeper_events: Recorder
) -> None:
    record_view(ADMIN, question)
    assert trailkeeper_events.events[0].additional["about"] == question.about


def test_a_look_at_one_event_names_the_event(trailkeeper_events: Recorder) -> None:
    record_view(ADMIN, Question(event=UUID(int=7)))
    assert trailkeeper_events.events[0].additional == {"about": "event", "id": str(UUID(int=7))}


@pytest.mark.parametrize(
    ("viewer", "question"),
    [
        (JOE, OF_JOE),
        (JOE, Question(about="project", id="p1")),
        (ANYBODY, Question(about="project", id="p1")),
    ],
)
def test_looks_of_those_who_are_no_admins_are_nobodys_business(
    viewer: Viewer, question: Question, trailkeeper_events: Recorder
) -> None:
    record_view(viewer, question)
    assert trailkeeper_events.events == []


@pytest.mark.parametrize(
    ("viewer", "question"),
    [
        (ADMIN, Question(about="user", id="s1")),
        (ADMIN, Question(about="actor", id="s1")),
        (Viewer(staff=True), OF_JOE),
    ],
)
def test_an_admin_has_nothing_of_its_own_as_it_tells_of_others(
    viewer: Viewer, question: Question, trailkeeper_events: Recorder
) -> None:
    record_view(viewer, question)
    assert trailkeeper_events.events[0].actor.kind == "staff"


@pytest.mark.parametrize(("viewer", "kind"), [(ADMIN, "staff"), (JOE, "user"), (Viewer(staff=True), "staff")])
def test_every_export_of_who_is_signed_in_is_recorded(
    viewer: Viewer, kind: str, trailkeeper_events: Recorder
) -> None:
    record_export(viewer, Question(about="project", id="p1"), "csv")
    (event,) = trailkeeper_events.events
    assert (event.tag, event.actor.kind, event.actor.id) == ("admin:history:export", kind, viewer.user_id)
    assert event.additional == {"about": "project", "id": "p1", "format": "csv"}


def test_an_export_that_cannot_be_recorded_is_refused_and_a_look_is_not(
    trailkeeper_events: Recorder,
) -> None:
    with trailkeeper_events.down():
        with pytest.raises(EventNotRecorded):
            record_export(JOE, OF_JOE, "jsonl")
        record_view(ADMIN, OF_JOE)


def test_the_longest_filters_fit_into_an_event(trailkeeper_events: Recorder) -> None:
    question = Question(
        about="project", id="\u00e4" * 255, text="\u00e4" * 200, client="\u00e4" * 200, actor="x" * 255,
        tags=tuple("account:" + "x" * 100 + str(number) for number in range(50)),
    )  # fmt: skip
    record_export(ADMIN, question, "csv")
    assert trailkeeper_events.events[0].additional["filters"]["tags"] == list(question.tags)


@pytest.mark.parametrize(
    "viewer",
    [Viewer(projects={"p1": "owner"}), Viewer(organizations={"o1": "maintainer"}), Viewer(staff=True)],
)
def test_an_export_by_whoever_sees_more_than_a_visitor_is_recorded_without_an_id_too(
    viewer: Viewer, trailkeeper_events: Recorder
) -> None:
    record_export(viewer, Question(about="project", id="p1"), "csv")
    (event,) = trailkeeper_events.events
    assert (event.tag, event.actor.id) == ("admin:history:export", None)
    assert not viewer.is_visitor
