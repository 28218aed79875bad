"""Rows for COPY: quick where nothing has to be escaped, and the same as if everything were looked at."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tests.support.judging import a_judge
from trailkeeper.models.writing import COLUMNS, DERIVATIONS, NULL, copy_row
from trailkeeper.producer.catalogue import Catalogue, EventType
from trailkeeper.producer.event import Event, Subject
from trailkeeper.producer.ids import uuid7
from trailkeeper.producer.wire import encode
from trailkeeper.worker.ingest.messages import Accepted, IncomingMessage
from trailkeeper.worker.ingest.rows import row_of, values_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
KIND = EventType(tag="account:login:success", scope="user", sentence="x", aliases=("login:ok",))
CATALOGUE = Catalogue([KIND])


def accepted(name: str, tag: str = "account:login:success") -> Accepted:
    event = Event(
        id=uuid7(NOW), tag=tag, occurred_at=NOW, user=Subject("u", name), additional={"said": name, name: 1}
    )
    payload = encode(event)
    verdict = a_judge(CATALOGUE).judge(IncomingMessage("1-0", payload, None, {b"e": payload}), NOW)
    assert isinstance(verdict, Accepted)
    return verdict


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30))
def test_the_quick_way_gives_what_escaping_everything_gives(name: str) -> None:
    event = accepted(name)

    assert row_of(event, f"7\t{NULL}\t8") == copy_row(values_of(event, ("7", None, "8"), None))


@given(st.text(st.sampled_from("\t\n\r\\Na"), max_size=12))
def test_what_copy_would_misread_is_escaped(name: str) -> None:
    written = row_of(accepted(name))

    assert "\n" not in written
    assert "\r" not in written
    assert written.count("\t") == len(COLUMNS) - 1


def test_a_text_that_looks_like_null_is_not_null() -> None:
    columns = dict(zip(COLUMNS, row_of(accepted(NULL)).split("\t"), strict=True))

    assert columns["location_id"] == columns["network_id"] == "\\N"
    assert columns["user_name"] == "\\\\N"


def test_an_alias_is_stored_as_its_tag() -> None:
    assert (
        values_of(accepted("ann", tag="login:ok"), [None] * len(DERIVATIONS), None)[COLUMNS.index("tag")]
        == KIND.tag
    )
