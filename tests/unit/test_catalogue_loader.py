"""Catalogue files: what loads, what is refused and in which words, and what an application may change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from trailkeeper.producer.catalogue import load
from trailkeeper.producer.catalogue.event_type import EventType
from trailkeeper.producer.errors import CatalogueError

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a catalogue file and return its path."""

    def written(text: str, name: str = "own.toml") -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path / name)

    return written


def found(tag: str, *paths: str) -> EventType:
    kind = load(paths).get(tag)
    assert kind is not None
    return kind


def table(tag: str = "web:page:view", **fields: str) -> str:
    """A TOML table of an event type; fields are given as TOML."""
    fields = {"scope": '"project"', "sentence": '"{actor} looked"'} | fields
    lines = "\n".join(f"{name} = {value}" for name, value in fields.items() if value)
    return f'[events."{tag}"]\n{lines}\n'


def test_a_table_is_read_field_for_field(write: Write) -> None:
    text = table(
        sentence='"{actor} viewed {path}"',
        payload='{ path = "string", status = "integer" }',
        private='["status"]',
        audience='{ self = "full", public = "redacted" }',
        delivery='"best_effort"',
        retention_days="30",
        aliases='["page-view"]',
        group='"Web"',
    )
    assert found("page-view", write(text)) == EventType(
        tag="web:page:view",
        scope="project",
        sentence="{actor} viewed {path}",
        payload={"path": "string", "status": "integer"},
        private=("status",),
        audience={"self": "full", "public": "redacted"},
        delivery="best_effort",
        retention_days=30,
        aliases=("page-view",),
        group="Web",
    )


def test_what_is_left_out_is_seen_by_admins_only_and_spooled(write: Write) -> None:
    kind = found("web:page:view", write(table()))
    assert (kind.audience, kind.delivery, kind.payload, kind.retention_days) == ({}, "spooled", {}, None)


def test_defaults_count_for_tables_that_do_not_say_otherwise(write: Write) -> None:
    path = write(
        '[defaults]\nscope = "system"\naudience = { self = "full" }\n'
        + table("web:one", scope="")
        + table("web:two", audience="{}")
    )
    assert (found("web:one", path).scope, found("web:one", path).audience) == ("system", {"self": "full"})
    assert (found("web:two", path).scope, found("web:two", path).audience) == ("project", {})


def test_files_of_an_application_are_added_to_what_is_shipped(write: Write) -> None:
    one, two = write(table("web:one"), "one.toml"), write(table("web:two"), "two.toml")
    assert len(load([one, two])) == len(load()) + 2


def test_an_application_may_declare_a_shipped_tag_anew_and_its_aliases_still_lead_to_it(write: Write) -> None:
    path = write(table("account:email:verify", sentence='"ours"', aliases='["verified"]'))
    kind = found("account:email:verify", path)
    assert (kind.scope, kind.sentence, kind.audience) == ("project", "ours", {})
    assert found("account:email:verified", path) == found("verified", path) == kind
    assert len(load([path])) == len(load())


def test_an_application_may_take_a_shipped_alias_for_a_tag_of_its_own(write: Write) -> None:
    path = write(table("account:email:verified", sentence='"ours"'))
    assert found("account:email:verified", path).sentence == "ours"
    assert found("account:email:verify", path).sentence != "ours"


def test_an_application_may_take_a_shipped_alias_for_an_alias_of_its_own(write: Write) -> None:
    path = write(table(aliases='["account:email:verified"]'))
    assert found("account:email:verified", path).tag == "web:page:view"


REFUSED = [
    (table("nocolon"), "nocolon: not a tag; expected 2 to 5 lower-case words joined by colons"),
    (table("a:b:c:d:e:f"), "not a tag"),
    (table("Web:page"), "not a tag"),
    (table("web:page-view"), "not a tag"),
    (table("web:pagé"), "not a tag"),
    (table("web:" + "x" * 125), "not a tag"),
    (
        table(scope='"projct"'),
        "web:page:view: scope is 'projct'; expected user, project, organization or system",
    ),
    (table(scope=""), "web:page:view: scope is missing; expected user,"),
    (table(sentence=""), "web:page:view: sentence is missing; expected text"),
    (table(sentence='""'), "sentence is ''; expected text"),
    (table(sentence='"{actor"'), "sentence is '{actor': "),
    (table(sentence='"{actor} [with {user}"'), "a bracket is not closed"),
    (table(sentence='"{actor.name}"'), "{actor.name} is not a plain name"),
    (table(sentence='"{actor!r:>9}"'), "{actor} is not a plain name"),
    (table(sentence='"{}"'), "{} is not a plain name"),
    (table(sentence='"{path}"'), "sentence uses {path}; expected a key of payload, or one of actor, ip,"),
    (table(sentence='"[{path}|x]"'), "sentence uses {path}"),
    (table(payload='{ path = "text" }'), "payload.path is 'text'; expected each key with string, integer,"),
    (table(payload='["path"]'), "payload is ['path']; expected each key"),
    (table(private='["path"]'), "private has 'path'; expected a key of payload"),
    (table(private='"path"'), "private is 'path'; expected a list of payload keys"),
    (
        table(audience='{ everyone = "full" }'),
        "audience.everyone is 'full'; expected self, owner, maintainer",
    ),
    (
        table(audience='{ owner = "ful" }'),
        "audience.owner is 'ful'; expected self, owner, maintainer or public",
    ),
    (table(delivery='"always"'), "delivery is 'always'; expected spooled, required or best_effort"),
    (table(personal='["email"]'), "personal has 'email'; expected a key of payload"),
    (table(identifying='["email"]'), "identifying has 'email'; expected a key of payload"),
    (
        table(payload='{ email = "string" }', verified='["email"]'),
        "verified has 'email'; expected one of the identifying keys",
    ),
    (
        table(payload='{ card = "string" }', personal='["card.owner"]'),
        "personal has 'card.owner'; expected dots within objects and arrays only",
    ),
    (
        table(payload='{ card = "object" }', personal='["card..owner"]'),
        "personal has 'card..owner'; expected dots within objects and arrays only",
    ),
    (table(personal='"email"'), "personal is 'email'; expected a list of payload keys"),
    (table(retention_days="0"), "retention_days is 0; expected a whole number of days, 7 to 36500"),
    (table(retention_days="6"), "retention_days is 6; expected a whole number of days, 7 to 36500"),
    (table(retention_days="36501"), "retention_days is 36501; expected"),
    (table(retention_days='"90"'), "retention_days is '90'; expected a whole number"),
    (table(retentoin_days="90"), "'retentoin_days' is not a field; expected retention_days"),
    (table() + 'tag = "other:tag"', "'tag' is not a field; expected one of scope, sentence,"),
    (table(aliases='["web:page:view"]'), "aliases has 'web:page:view'; expected other spellings"),
    (table(aliases='["x", "x"]'), "aliases has 'x'; expected other spellings, each once"),
    (table(aliases='[""]'), "aliases has ''; expected"),
    (
        table(aliases='["account:create"]'),
        "account:create in aliases is a shipped tag; to replace it, declare a table of that tag",
    ),
    (table("web:one") + table("web:two", aliases='["web:one"]'), "web:two: web:one is declared already"),
    ('events."web:one" = 3', "web:one: is 3; expected a table with at least scope and sentence"),
    ("", 'no event types; expected tables such as [events."thing:subject:action"]'),
    ("events = 3", "no event types"),
    ('[event."web:two"]\n' + table(), "event at the top; expected defaults and events only"),
    (
        '[defaults]\nsentence = "x"\n' + table(),
        "defaults is {'sentence': 'x'}; expected a table of audience,",
    ),
    ("defaults = 3\n" + table(), "defaults is 3; expected a table"),
    ("[events", "not TOML: "),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_a_wrong_file_is_refused_with_its_name_what_is_wrong_and_what_was_expected(
    write: Write, text: str, message: str
) -> None:
    path = write(text)
    with pytest.raises(CatalogueError) as refusal:
        load([path])
    assert str(refusal.value).startswith(f"{path}: ")
    assert message in str(refusal.value)


def test_a_tag_that_two_files_declare_is_refused_naming_the_second(write: Write) -> None:
    one, two = write(table(), "one.toml"), write(table(), "two.toml")
    with pytest.raises(CatalogueError, match=r"two\.toml: web:page:view: web:page:view is declared already"):
        load([one, two])


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'group = "caf\xe9"')
    for path in (str(tmp_path / "missing.toml"), str(tmp_path), str(latin), "with\0nul"):
        with pytest.raises(CatalogueError, match=": cannot be read: ") as refusal:
            load([path])
        assert str(refusal.value).startswith(path)


def test_a_byte_order_mark_is_no_part_of_a_catalogue(write: Write) -> None:
    assert found("web:page:view", write("\ufeff" + table())).scope == "project"


@pytest.mark.parametrize(
    "fields",
    [
        {"payload": '{ "a\\u0000" = "string" }'},
        {"payload": '{ a = "object" }', "personal": '["a.b\\u0000"]'},
        {"sentence": '"x\\u0000"'},
        {"group": '"x\\u0000"'},
    ],
)
def test_a_nul_which_no_table_can_hold_is_refused_when_the_catalogue_is_loaded(
    write: Write, fields: dict[str, str]
) -> None:
    with pytest.raises(CatalogueError, match=r"web:page:view: has .*\\x00.* no NUL"):
        load([write(table(**fields))])
