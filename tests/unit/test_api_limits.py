"""How often and how much at once: limits that hold, and hold no memory."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

import anyio
import pytest

from tests.support.clock import Clock
from trailkeeper.views import read_slots
from trailkeeper.views.limits import MAX_ADDRESSES, ConcurrencyLimiter, RateLimiter
from trailkeeper.views.problems import Problem
from trailkeeper.views.read_slots import ReadSlots, slots_of
from trailkeeper.views.shares import Rank, Shares, Taker, taker
from trailkeeper.views.viewer import ANYBODY, Viewer


def test_tries_come_back_with_time_and_never_more_than_there_were() -> None:
    clock = Clock()
    tries = RateLimiter(3, 30, clock)
    assert [tries.take("192.0.2.1") for _ in range(3)] == [None, None, None]
    assert tries.take("192.0.2.1") == pytest.approx(10)
    clock.now += 10
    assert tries.take("192.0.2.1") is None
    assert tries.take("192.0.2.1") == pytest.approx(10)
    clock.now += 10_000
    assert [tries.take("192.0.2.1") is None for _ in range(4)] == [True, True, True, False]


def test_who_is_refused_does_not_wait_longer_for_having_asked() -> None:
    clock = Clock()
    tries = RateLimiter(1, 10, clock)
    tries.take("192.0.2.1")
    for _ in range(50):
        assert tries.take("192.0.2.1") == pytest.approx(10)
    clock.now += 10.1
    assert tries.take("192.0.2.1") is None


def test_all_of_a_network_of_64_bits_is_one_address() -> None:
    tries = RateLimiter(1)
    assert tries.take("2001:db8::1") is None
    assert tries.take("2001:db8::ffff:1") is not None
    assert tries.take("2001:db8:0:1::1") is None
    assert tries.take(None) is None
    assert tries.take("testclient") is None
    assert tries.take(None) is not None


def test_a_flood_of_addresses_takes_no_more_memory() -> None:
    tries = RateLimiter(1, clock=Clock())
    for number in range(MAX_ADDRESSES + 500):
        tries.take(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(tries._full_again) == MAX_ADDRESSES
    assert tries.take("10.0.0.0") is None
    assert tries.take("10.0.0.0") is not None


A, B, C = (Taker(Rank.PERSON, name) for name in "abc")


def test_slots_are_bounded_in_all_and_for_each_and_can_be_given_back_once() -> None:
    slots = ConcurrencyLimiter("exports", Shares(3, 3, 3, each=2))
    first, second = slots.acquire(A), slots.acquire(A)
    with pytest.raises(Problem, match="you already have 2 exports") as mine:
        slots.acquire(A)
    slots.acquire(B)
    with pytest.raises(Problem, match="there are too many exports at the moment") as all_taken:
        slots.acquire(C)
    assert (mine.value.status, all_taken.value.status) == (429, 503)
    assert mine.value.headers == {"Retry-After": "5"}
    first()
    first()
    slots.acquire(A)
    with pytest.raises(Problem):
        slots.acquire(A)
    second()


def test_nobody_is_remembered_who_has_no_slot() -> None:
    shares = Shares(3, 3, 3, each=2)
    slots = ConcurrencyLimiter("exports", shares)
    for number in range(100):
        slots.acquire(Taker(Rank.STRANGER, f"viewer {number}"))()
    assert len(shares._keys) == 0


def test_strangers_leave_room_for_people_and_both_for_admins() -> None:
    slots = ConcurrencyLimiter("live tails", Shares(2, 4, 5, each=1))
    ranks = {rank: [Taker(rank, f"{rank} {number}") for number in range(6)] for rank in Rank}

    def taken(rank: Rank) -> int:
        got = 0
        for who in ranks[rank]:
            with suppress(Problem):
                slots.acquire(who)
                got += 1
        return got

    assert [taken(Rank.STRANGER), taken(Rank.PERSON), taken(Rank.ADMIN)] == [2, 2, 1]


@pytest.mark.parametrize("pool", range(1, 201))
def test_every_pool_has_a_slot_for_each_rank_and_never_more_than_it_has_connections(pool: int) -> None:
    for rank in Rank:
        shares = Shares(*slots_of(pool))
        takers = [Taker(rank, f"{number}") for number in range(pool + 1)]
        got = 0
        for who in takers:
            if shares.has_room(who):
                shares.take(who)
                got += 1
        assert 1 <= got <= pool
        assert shares.each >= 1


def test_who_takes_is_the_user_or_the_network_of_a_stranger() -> None:
    stranger = taker(ANYBODY, "2001:db8::1")
    assert stranger == taker(ANYBODY, "2001:db8::ffff:1") != taker(ANYBODY, "2001:db8:0:1::1")
    assert taker(ANYBODY, "192.0.2.1") != taker(ANYBODY, "192.0.2.2")
    person = taker(Viewer(user_id="u1"), "192.0.2.1")
    assert person == taker(Viewer(user_id="u1"), "198.51.100.1")
    assert (stranger.rank, person.rank) == (Rank.STRANGER, Rank.PERSON)
    assert taker(Viewer(user_id="u1", staff=True), None).rank is Rank.ADMIN
    assert taker(Viewer(projects={"p": "owner"}), "192.0.2.1").rank is Rank.PERSON


def of(rank: Rank, name: str = "") -> Taker:
    return Taker(rank, name or rank.name)


def test_whoever_must_wait_gets_the_next_slot_admins_first() -> None:
    async def run() -> None:
        slots, order = ReadSlots(5), []
        held = [await slots.acquire(of(Rank.PERSON, f"p{number}")) for number in range(4)]
        held.append(await slots.acquire(of(Rank.ADMIN)))

        async def wait(who: Taker) -> None:
            release = await slots.acquire(who)
            order.append(who.rank)
            release()

        async with anyio.create_task_group() as group:
            for rank in (Rank.STRANGER, Rank.PERSON, Rank.ADMIN):
                group.start_soon(wait, of(rank, f"waiting {rank}"))
                await anyio.wait_all_tasks_blocked()
            assert order == []
            for release in held:
                release()
                release()
        assert order == [Rank.ADMIN, Rank.PERSON, Rank.STRANGER]
        assert not slots._waiting
        assert not slots._shares._keys

    anyio.run(run)


def test_a_flood_of_one_network_is_refused_and_others_get_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(read_slots, "WAIT_SECONDS", 0.05)

    async def run() -> None:
        slots, statuses = ReadSlots(10), []
        held = [await slots.acquire(of(Rank.STRANGER)) for _ in range(2)]

        async def ask(who: Taker) -> None:
            try:
                (await slots.acquire(who))()
                statuses.append((who.key, 200))
            except Problem as problem:
                statuses.append((who.key, problem.status))

        async with anyio.create_task_group() as group:
            for _ in range(40):
                group.start_soon(ask, of(Rank.STRANGER))
            group.start_soon(ask, of(Rank.PERSON, "ann"))
            group.start_soon(ask, of(Rank.ADMIN, "boss"))
        counted = Counter(statuses)
        assert counted == {("STRANGER", 429): 30, ("STRANGER", 503): 10, ("ann", 200): 1, ("boss", 200): 1}
        for release in held:
            release()
        await ask(of(Rank.STRANGER))
        assert statuses[-1] == ("STRANGER", 200)

    anyio.run(run)


async def pass_through(slots: ReadSlots) -> None:
    (await slots.acquire(of(Rank.STRANGER, "second")))()


def test_a_request_that_is_cancelled_leaves_no_slot_behind() -> None:
    async def run() -> None:
        slots = ReadSlots(1)
        release = await slots.acquire(of(Rank.STRANGER, "first"))
        async with anyio.create_task_group() as group:
            group.start_soon(pass_through, slots)
            await anyio.wait_all_tasks_blocked()
            release()  # its turn, and in the same moment its end
            group.cancel_scope.cancel()
        assert not slots._shares._keys
        (await slots.acquire(of(Rank.STRANGER, "third")))()

    anyio.run(run)
