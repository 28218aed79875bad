"""Every key of a shipped event type that may hold a text is marked as personal, or known to be harmless."""

from __future__ import annotations

import pytest

from tests.support.harmless_keys import HARMLESS, HARMLESS_IN
from trailkeeper.producer.catalogue import EventType, load

MAY_HOLD_TEXT = {"string", "object", "array"}


@pytest.mark.parametrize("kind", list(load()), ids=lambda kind: kind.tag)
def test_each_key_that_may_hold_a_text_is_personal_or_known_to_be_harmless(kind: EventType) -> None:
    marked = {path.split(".")[0] for path in (*kind.personal, *kind.identifying)}
    unknown = {
        key
        for key, type_ in kind.payload.items()
        if type_ in MAY_HOLD_TEXT
        and key not in marked
        and key not in HARMLESS
        and (kind.tag, key) not in HARMLESS_IN
    }
    assert unknown == set(), "mark them in the catalogue"


def test_no_key_is_personal_in_one_event_type_and_harmless_in_another_without_a_reason() -> None:
    assert {
        (kind.tag, path)
        for kind in load()
        for path in (*kind.personal, *kind.identifying)
        if path in HARMLESS
    } == set()


def test_what_names_the_user_of_an_account_is_known_as_such() -> None:
    """An erasure looks for it in other events."""
    naming = {"email", "external_username", "old_primary", "new_primary", "to"}
    naming |= {"old_display_name", "new_display_name"}
    forgotten = {
        (kind.tag, key) for kind in load() for key in naming & kind.payload.keys() - {*kind.identifying}
    }
    assert forgotten == set()
