"""What each role may do is said of every table, and of columns that exist."""

from __future__ import annotations

import pytest

from trailkeeper.models.privileges import OPERATORS, READERS, WHOLE, WRITERS, Verbs
from trailkeeper.models.tables import VERSION_TABLE, Base

NOT_FOR_WRITERS = {"views_secret"}


def test_it_is_said_of_every_table_what_a_worker_may_do_with_it() -> None:
    """A worker may do nothing with a table that is forgotten here: no event would be stored."""
    assert set(WRITERS) == {*Base.metadata.tables, VERSION_TABLE} - NOT_FOR_WRITERS


@pytest.mark.parametrize("given", [WRITERS, OPERATORS, READERS], ids=["writer", "operator", "reader"])
def test_every_column_that_is_named_exists(given: dict[str, Verbs]) -> None:
    unknown = {
        (table, column)
        for table, verbs in given.items()
        for columns in verbs.values()
        if columns != WHOLE
        for column in columns - set(Base.metadata.tables[table].columns.keys())
    }
    assert unknown == set()
