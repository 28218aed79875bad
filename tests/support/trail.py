"""Random trails, viewers and questions, in a world small enough that they meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.support.rows import NOON, event_row
from trailkeeper.models.histories import About, Question
from trailkeeper.views.viewer import Membership, Viewer

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

FILTERS: tuple[dict[str, Any], ...] = (
    {"tags": ("account:*",)},
    {"tags": ("project:release:add", "project:role:add")},
    {"address": ADDRESSES[0]},
    {"address": "192.0.2.0/24"},
    {"country_code": "DE"},
    {"asn": "AS64496"},
    {"client": "firefox"},
    {"client": "browser"},
    {"via_service": True},
    {"text": "NEEDLE"},
    *({"actor": actor} for actor in (*USERS, "s1")),
)


def trail(seed: int, count: int, derivations: Mapping[str, Sequence[int]]) -> list[dict[str, Any]]:
    """Rows of `events`, the same for the same seed; *derivations* are ids by their column."""
    chance = Random(seed)
    return [_row(chance, derivations) for _ in range(count)]


def _row(chance: Random, derivations: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    def maybe(*values: Any) -> Any:
        return chance.choice((None, *values))

    tag = chance.choice(sorted(TAGS))
    additional = {key: chance.choice(WORDS) for key in KEYS if chance.random() < 0.5}
    return event_row(
        NOON + timedelta(minutes=chance.randrange(1700)),
        tag=tag,
        scope=TAGS[tag],
        user_id=maybe(*USERS),
        user_name=maybe("joe"),
        project_id=maybe(*PROJECTS),
        organization_id=maybe(*ORGANIZATIONS),
        actor_kind=chance.choice(("user", "user", "staff", "service", "system", "anonymous")),
        actor_id=maybe(*USERS, "s1"),
        actor_name=maybe("someone"),
        credential_kind=maybe("session", "api_token"),
        credential_label=maybe("laptop"),
        on_behalf_of_id=maybe(None, *USERS),
        ip=maybe(*ADDRESSES),
        **{column: maybe(*ids) for column, ids in derivations.items()},
        request_id=maybe("r1"),
        additional=maybe(additional, additional),
    )


_role: st.SearchStrategy[Membership] = st.sampled_from(("owner", "maintainer"))

viewers: st.SearchStrategy[Viewer] = st.builds(
    Viewer,
    user_id=st.sampled_from((None, *USERS)),
    projects=st.dictionaries(st.sampled_from(PROJECTS), _role),
    organizations=st.dictionaries(st.sampled_from(ORGANIZATIONS), _role),
    staff=st.sampled_from((False, False, False, True)),
)

_about: st.SearchStrategy[tuple[About, str | None]] = st.one_of(
    st.tuples(st.just("user"), st.sampled_from(USERS)),
    st.tuples(st.just("actor"), st.sampled_from(USERS)),
    st.tuples(st.just("project"), st.sampled_from(PROJECTS)),
    st.tuples(st.just("organization"), st.sampled_from(ORGANIZATIONS)),
    st.tuples(st.just("all"), st.none()),
)


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """A question with one filter or none, so that most have answers."""
    about, identity = draw(_about)
    filters: dict[str, Any] = draw(st.sampled_from(({}, *FILTERS)))
    return Question(about=about, id=identity, since=BEGIN, until=END, **filters)
