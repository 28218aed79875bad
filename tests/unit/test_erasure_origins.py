"""An erasure takes the origin that the views show the erased person as their own, and no other person's."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from tests.support.stored import stored
from trailkeeper.producer.event import ActorKind
from trailkeeper.views.origins import is_ones_own
from trailkeeper.views.viewer import Viewer
from trailkeeper.worker.retention.erasing.owning import has_origin

WHO = ("ann", "bob", None)
ACTS = [
    act
    for act in product(get_args(ActorKind), WHO, WHO)
    if act[0] in {"user", "service", "staff"} or act[2] is None  # the others act for nobody
]


@pytest.mark.parametrize(("kind", "actor", "principal"), ACTS)
def test_the_origin_goes_with_whose_it_is(kind: ActorKind, actor: str | None, principal: str | None) -> None:
    columns = {"actor_kind": kind, "actor_id": actor, "on_behalf_of_id": principal}
    event = stored("account:logout", scope="user", user_id="ann", **columns)
    goes = has_origin("ann", kind, actor, principal)
    if is_ones_own(Viewer(user_id="ann"), event):
        assert goes
    if is_ones_own(Viewer(user_id="bob"), event) or (kind == "staff" and actor is not None):
        assert not goes
    nobody_else = kind not in {"user", "staff"} and principal is None
    assert goes or not nobody_else
