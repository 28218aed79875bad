"""Random trails, viewers and questions, in a world small enough that they meet."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from models.histories import Question
from tests.support.rows import NOON, event_row
from views.viewer import Membership, Viewer

BEGIN, END = NOON - timedelta(hours=1), NOON + timedelta(hours=30)
TAGS = {
    "account:login:failure": "user",  # self full
    "account:api_token:remove": "user",  # self full, private keys
    "account:role:add": "user",  # self redacted
    "admin:user:freeze": "user",  # self redacted, private keys
    "admin:user:flags:change": "user",  # admins only
    "project:release:add": "project",  # full, full, redacted, redacted
    "project:role:add": "project",  # self redacted, owner full, others redacted
    "project:role:invite": "project",  # nobody else
    "project:quarantine:enter": "project",  # owner redacted
    "project:api_token:add": "project",  # self and owner full
    "admin:project:set_upload_limit": "project",  # owner redacted
    "organization:create": "organization",
    "account:login:nobody_knows": "user",  # not in the catalogue
    "account:api_token:removed": "user",  # an alias, under which nothing is stored on purpose
}
USERS, PROJECTS, ORGANIZATIONS = ("u1", "u2"), ("p1", "p2"), ("o1", "o2")
KEYS = ("version", "submitted_by", "reason", "removed_by", "undeclared")
WORDS = ("needle", "hay")
ADDRESSES = ("192.0.2.1", "198.51.100.1")

_role: st.SearchStrategy[Membership] = st.sampled_from(("owner", "maintainer"))


def maybe(values: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    return st.none() | st.sampled_from(values)


@st.composite
def rows(draw: st.DrawFn, locations: tuple[int, ...], clients: tuple[int, ...]) -> dict[str, Any]:
    """A row of `events`."""
    tag = draw(st.sampled_from(sorted(TAGS)))
    kind = draw(st.sampled_from(("user", "user", "staff", "service", "system", "anonymous")))
    return event_row(
        NOON + timedelta(minutes=draw(st.integers(0, 1700))),
        tag=tag,
        scope=TAGS[tag],
        user_id=draw(maybe(USERS)),
        user_name=draw(maybe(("joe",))),
        project_id=draw(maybe(PROJECTS)),
        organization_id=draw(maybe(ORGANIZATIONS)),
        actor_kind=kind,
        actor_id=draw(maybe((*USERS, "s1"))),
        actor_name=draw(maybe(("someone",))),
        credential_kind=draw(maybe(("session", "api_token"))),
        credential_label=draw(maybe(("laptop",))),
        on_behalf_of_id=draw(maybe(USERS)),
        ip=draw(maybe(ADDRESSES)),
        location_id=draw(maybe(locations)),
        client_id=draw(maybe(clients)),
        request_id=draw(maybe(("r1",))),
        additional=draw(st.none() | st.dictionaries(st.sampled_from(KEYS), st.sampled_from(WORDS))),
    )


viewers: st.SearchStrategy[Viewer] = st.builds(
    Viewer,
    user_id=maybe(USERS),
    projects=st.dictionaries(st.sampled_from(PROJECTS), _role),
    organizations=st.dictionaries(st.sampled_from(ORGANIZATIONS), _role),
    staff=st.sampled_from((False, False, False, True)),
)

_about = st.one_of(
    st.tuples(st.just("user"), st.sampled_from(USERS)),
    st.tuples(st.just("actor"), st.sampled_from(USERS)),
    st.tuples(st.just("project"), st.sampled_from(PROJECTS)),
    st.tuples(st.just("organization"), st.sampled_from(ORGANIZATIONS)),
    st.tuples(st.just("all"), st.none()),
)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """A question with few filters, so that most have answers."""
    about, identity = draw(_about)
    filters = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "tags": st.sampled_from((("account:*",), ("project:release:add", "project:role:add"))),
                "address": st.sampled_from((ADDRESSES[0], "192.0.2.0/24")),
                "country_code": st.just("DE"),
                "actor": st.sampled_from((*USERS, "s1")),
                "client": st.sampled_from(("firefox", "browser")),
                "via_service": st.just(True),
                "text": st.just("NEEDLE"),
            },
        )
        | st.just({})
    )
    kept: dict[str, Any] = dict(list(filters.items())[:2])
    return Question(about=about, id=identity, since=BEGIN, until=END, **kept)
