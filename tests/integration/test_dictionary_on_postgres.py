"""Ids of distinct values: the same for everybody, whatever happens around them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, func, select, text

from tests.support.waiting import until
from trailkeeper.models.dictionaries import Dictionary
from trailkeeper.models.engine import make_engine
from trailkeeper.models.errors import StoreUnavailable
from trailkeeper.models.tables import ClientRow

TABLE: Any = ClientRow.__table__
THREADS = 8


@pytest.fixture
def other_engine(database_url: str) -> Iterator[Engine]:
    """Another process' connections to the same database."""
    found = make_engine(database_url, application_name="other")
    yield found
    found.dispose()


def rows(*numbers: int) -> dict[bytes, dict[str, Any]]:
    """Distinct clients by digest."""
    facts = {"display": "twine (CPython)", "kind": "installer", "source": "linehaul", "build": "1"}
    return {b"digest %d" % number: {"user_agent": f"twine/{number}", **facts} for number in numbers}


def stored(engine: Engine) -> dict[bytes, int]:
    with engine.connect() as connection:
        found = connection.execute(select(TABLE.c.digest, TABLE.c.id))
        return {bytes(digest): row_id for digest, row_id in found}


def _insert(connection: Connection, number: int) -> None:
    [(digest, facts)] = rows(number).items()
    connection.execute(TABLE.insert().values(digest=digest, **facts))


def _waiting(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one())


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """The statements that the block sends."""
    sent: list[str] = []

    def keep(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", keep)
    yield sent
    event.remove(engine, "before_cursor_execute", keep)


def test_each_value_has_one_id_and_keeps_it(engine: Engine) -> None:
    first = Dictionary(engine, TABLE).ids(rows(1, 2, 3))
    again = Dictionary(engine, TABLE).ids(rows(3, 4))
    assert len(set(first.values())) == 3
    assert again[b"digest 3"] == first[b"digest 3"]
    assert stored(engine) == first | again


def test_no_values_have_no_ids_and_cost_no_statement(engine: Engine) -> None:
    with statements(engine) as sent:
        assert Dictionary(engine, TABLE).ids({}) == {}
    assert sent == []


def test_an_id_once_known_is_not_asked_for_again(engine: Engine) -> None:
    dictionary = Dictionary(engine, TABLE)
    first = dictionary.ids(rows(1, 2))
    with statements(engine) as sent:
        assert dictionary.ids(rows(2, 1)) == first
    assert sent == []


def test_a_value_that_another_process_stored_is_only_read(engine: Engine) -> None:
    first = Dictionary(engine, TABLE).ids(rows(1, 2))
    with statements(engine) as sent:
        assert Dictionary(engine, TABLE).ids(rows(1, 2)) == first
    assert [statement.split()[0] for statement in sent] == ["SELECT"]


def test_threads_that_meet_the_same_new_values_at_once_agree(engine: Engine, database_url: str) -> None:
    """Each begins with another of them, as the events of its batch happen to come."""
    engines = [make_engine(database_url, application_name="test") for _ in range(THREADS)]
    together = threading.Barrier(THREADS)

    def meet(number: int) -> list[dict[bytes, int]]:
        dictionary = Dictionary(engines[number], TABLE)
        found = []
        for first in range(0, 500, 50):
            wanted = [first + (at + 7 * number) % 50 for at in range(50)]
            together.wait(timeout=30)
            found.append(dictionary.ids(rows(*wanted)))
        return found

    with ThreadPoolExecutor(THREADS) as pool:
        met = list(pool.map(meet, range(THREADS)))
    for one in engines:
        one.dispose()

    assert all(found == met[0] for found in met)
    assert {digest: row_id for found in met[0] for digest, row_id in found.items()} == stored(engine)
    assert len(stored(engine)) == 500


def test_two_that_insert_the_same_values_wait_for_each_other_and_never_in_a_circle(
    engine: Engine, other_engine: Engine
) -> None:
    """Both go through new values in the order of their digests, however their batches had them."""
    with ThreadPoolExecutor(1) as pool, other_engine.connect() as first:
        with first.begin():
            _insert(first, 1)
            second = pool.submit(Dictionary(engine, TABLE).ids, rows(2, 1))
            until(lambda: _waiting(engine) == 1, what="the second waits for the first")
            _insert(first, 2)
        assert second.result(timeout=30) == stored(engine)


def test_only_so_many_are_remembered_and_the_longest_unused_are_forgotten(engine: Engine) -> None:
    dictionary = Dictionary(engine, TABLE, capacity=3)
    first = dictionary.ids(rows(1, 2, 3))
    dictionary.ids(rows(1))
    dictionary.ids(rows(4))  # makes room by forgetting 2
    with statements(engine) as sent:
        dictionary.ids(rows(1, 3, 4))
    assert sent == []
    with statements(engine) as sent:
        assert dictionary.ids(rows(2))[b"digest 2"] == first[b"digest 2"]
    assert [statement.split()[0] for statement in sent] == ["SELECT"]


def test_more_values_at_once_than_are_remembered_all_have_ids(engine: Engine) -> None:
    assert Dictionary(engine, TABLE, capacity=2).ids(rows(*range(10))) == stored(engine)


def test_ids_stay_true_when_the_batch_that_wanted_them_is_rolled_back(engine: Engine) -> None:
    dictionary = Dictionary(engine, TABLE)
    with engine.connect() as batch, batch.begin() as transaction:
        batch.execute(select(func.now()))
        found = dictionary.ids(rows(1))
        transaction.rollback()
    assert stored(engine) == found == dictionary.ids(rows(1))


def test_a_database_that_is_away_is_told_and_nothing_is_remembered(engine: Engine, database_url: str) -> None:
    nowhere = make_engine("postgresql+psycopg2://postgres@127.0.0.1:1/none", application_name="test")
    dictionary = Dictionary(nowhere, TABLE)
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            dictionary.ids(rows(1))
    nowhere.dispose()
    assert stored(engine) == {}
