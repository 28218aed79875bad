"""A viewer is what the application says in any of its types, and never more than it says."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from trailkeeper.views.viewer import Viewer


@pytest.mark.parametrize(("given", "kept"), [(42, "42"), (UUID(int=7), str(UUID(int=7))), ("42", "42")])
def test_ids_of_a_viewer_are_taken_as_emit_takes_them(given: Any, kept: str) -> None:
    viewer = Viewer(user_id=given, projects={given: "owner"}, organizations={given: "maintainer"})
    assert viewer == Viewer(user_id=kept, projects={kept: "owner"}, organizations={kept: "maintainer"})


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"staff": "false"}, "staff is 'false'"),
        ({"staff": 1}, "staff is 1"),
        ({"staff": None}, "staff is None"),
        ({"user_id": ""}, "user_id"),
        ({"user_id": True}, "user_id"),
        ({"user_id": 4.2}, "user_id"),
        ({"user_id": "a\0"}, "user_id"),
        ({"projects": {"p1": "admin"}}, "projects"),
        ({"projects": ["p1"]}, "projects"),
        ({"organizations": {"o1": True}}, "organizations"),
        ({"organizations": {None: "owner"}}, "organizations"),
    ],
)
def test_a_viewer_that_cannot_be_meant_is_refused_with_the_value(values: Any, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Viewer(**values)
