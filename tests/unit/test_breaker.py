"""Who does not answer is not asked again for a while."""

from __future__ import annotations

import threading

from tests.support.clock import Clock
from trailkeeper.producer.breaker import Breaker


def opened(clock: Clock) -> Breaker:
    breaker = Breaker(5, clock)
    breaker.failed()
    return breaker


def test_it_lets_everybody_ask_while_there_are_answers() -> None:
    breaker = Breaker(5, Clock())
    breaker.succeeded()
    assert [breaker.allows() for _ in range(3)] == [True, True, True]


def test_one_failure_stops_everybody_until_the_cooldown_is_over() -> None:
    breaker = opened(clock := Clock())
    clock.now += 4.999
    assert not breaker.allows()


def test_after_the_cooldown_one_call_probes_and_the_others_wait() -> None:
    breaker = opened(clock := Clock())
    clock.now += 5
    assert [breaker.allows() for _ in range(3)] == [True, False, False]


def test_a_probe_that_succeeds_lets_everybody_ask_again() -> None:
    breaker = opened(clock := Clock())
    clock.now += 5
    assert breaker.allows()
    breaker.succeeded()
    assert [breaker.allows() for _ in range(3)] == [True, True, True]


def test_a_probe_that_fails_begins_the_cooldown_again() -> None:
    breaker = opened(clock := Clock())
    clock.now += 5
    assert breaker.allows()
    clock.now += 1
    breaker.failed()
    clock.now += 4.9
    assert not breaker.allows()
    clock.now += 0.1
    assert breaker.allows()


def test_a_probe_that_never_ends_is_followed_by_another() -> None:
    breaker = opened(clock := Clock())
    clock.now += 5
    assert breaker.allows()
    clock.now += 5
    assert breaker.allows()


def test_of_many_threads_exactly_one_probes() -> None:
    for _ in range(50):
        breaker = opened(clock := Clock())
        clock.now += 5
        assert sorted(asked_together(breaker, 8)) == [False] * 7 + [True]


def asked_together(breaker: Breaker, count: int) -> list[bool]:
    """The answers to as many threads, asking at once."""
    together = threading.Barrier(count)
    answers: list[bool] = []

    def ask() -> None:
        together.wait()
        answers.append(breaker.allows())

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_one_time_out_stops_nobody_as_this_process_may_have_been_the_slow_one() -> None:
    breaker = Breaker(5, clock := Clock())
    began, clock.now = clock.now, clock.now + 0.2
    breaker.timed_out(began)
    assert breaker.allows()


def test_many_that_timed_out_together_count_as_one() -> None:
    breaker = Breaker(5, clock := Clock())
    began, clock.now = clock.now, clock.now + 0.2
    for _ in range(300):
        breaker.timed_out(began)
    assert breaker.allows()


def test_a_second_time_out_that_began_after_the_first_stops_everybody() -> None:
    breaker = Breaker(5, clock := Clock())
    for _ in range(2):
        began, clock.now = clock.now, clock.now + 0.2
        breaker.timed_out(began)
    assert not breaker.allows()
    clock.now += 5
    assert breaker.allows()
    breaker.timed_out(clock.now)
    assert not breaker.allows()


def test_an_answer_in_between_makes_the_next_time_out_the_first() -> None:
    breaker = Breaker(5, clock := Clock())
    breaker.timed_out(clock.now)
    clock.now += 1
    breaker.succeeded()
    breaker.timed_out(clock.now)
    assert breaker.allows()
