"""How often one address may try something, and how much may go on at once.

Kept in the process: a limit that is a little looser with several processes is
worth more here than one that asks another server at each try, and fails with it.
The library `limits` does the same with a dependency and a thread more.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address, ip_network

from .problems import Problem

MOST_ADDRESSES = 10_000
MOST_TRIES = 10
WINDOW_SECONDS = 60.0
RETRY_SECONDS = 5


class Tries:
    """At most some tries a minute from one address.

    Args:
        most: tries in a row.
        seconds: after which all of them are allowed again; one comes back each *seconds* / *most*.
        clock: in seconds.
    """

    def __init__(
        self,
        most: int = MOST_TRIES,
        seconds: float = WINDOW_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._each = seconds / most
        self._clock = clock
        self._full_again: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, address: str | None) -> float | None:
        """Count one try of an address.

        Returns:
            None where it is allowed; otherwise after how many seconds the next one is.
        """
        key = _neighbourhood(address)
        with self._lock:
            now = self._clock()
            full_again = max(now, self._full_again.get(key, now)) + self._each
            wait = full_again - now - self._most * self._each
            if wait > 0:
                return wait
            self._full_again[key] = full_again
            self._full_again.move_to_end(key)
            if len(self._full_again) > MOST_ADDRESSES:
                self._full_again.popitem(last=False)
            return None


class Slots:
    """How many of something long may go on at once: in all, and for one viewer.

    Args:
        name: completes "there are too many ...".
        most: in this process.
        each: of one viewer.
    """

    def __init__(self, name: str, most: int, each: int) -> None:
        self._name = name
        self._most = most
        self._each = each
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, key: str) -> Callable[[], None]:
        """Take one, and return what gives it back, once.

        Raises:
            Problem: 503 or 429, all are taken.
        """
        with self._lock:
            if self._taken.total() >= self._most:
                raise _busy(503, f"there are too many {self._name} at the moment")
            if self._taken[key] >= self._each:
                raise _busy(429, f"you have {self._each} {self._name} already; end one of them")
            self._taken[key] += 1
        given_back = threading.Event()

        def give_back() -> None:
            with self._lock:
                if not given_back.is_set():
                    given_back.set()
                    self._taken[key] -= 1
                    self._taken += Counter()  # forgets who has none

        return give_back

    @contextmanager
    def taken(self, key: str) -> Iterator[None]:
        """Take one for the time of a block."""
        give_back = self.take(key)
        try:
            yield
        finally:
            give_back()


def _busy(status: int, detail: str) -> Problem:
    return Problem(status, detail, headers={"Retry-After": str(RETRY_SECONDS)})


def _neighbourhood(address: str | None) -> str:
    """The address, or its network of 64 bits: who has one such has all of it."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return address or "unknown"
    return str(found) if found.version == 4 else str(ip_network(f"{found}/64", strict=False))  # noqa: PLR2004 - IPv4
