"""A web process whose requests emit: `python -m tests.chaos.web NAME --count N --rate R`.

For each emit that came back, one line on standard output: outcome, event id, request
id, and how long it took in microseconds. It is a pipe, so what was written outlives
the process. Orders on standard input: ``clock SECONDS`` sets this process' clock ahead,
``disk full`` lets it write files no longer, ``disk free`` again.
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import time_machine

from trailkeeper import EventNotRecorded, Receipt, RequestContext, Subject, emit

THREADS = 4
REFUSED = "refused"
NOBODY = "-"
AGENTS = itertools.cycle(
    (
        "twine/5.1.0 CPython/3.12.3",
        "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    )
)
TAGS = itertools.cycle(("project:release:add",) * 8 + ("account:login:success",) * 8 + ("account:delete",))
"""Two scopes, and one type that is `required`."""

USERS = 500
SMALLEST_FILE = 4096


def request(request_id: str, number: int) -> None:
    """Handle one request, and say what came of its event."""
    began = time.perf_counter_ns()
    receipt = _emitted(next(TAGS), request_id, number)
    micros = (time.perf_counter_ns() - began) // 1000
    outcome, event_id = (REFUSED, NOBODY) if receipt is None else (receipt.outcome, str(receipt))
    # one write, shorter than a pipe's buffer: whole or not at all
    os.write(1, f"{outcome} {event_id} {request_id} {micros}\n".encode())


def _emitted(tag: str, request_id: str, number: int) -> Receipt | None:
    context = RequestContext(ip=f"8.8.{number % 250}.8", user_agent=next(AGENTS), request_id=request_id)
    who = Subject(id=f"user-{number % USERS}", name=f"name-{number % USERS}")
    project = Subject(id=f"project-{number % USERS}") if tag.startswith("project:") else None
    try:
        return emit(tag, user=who, project=project, request=context)
    except EventNotRecorded:
        return None


def _requests(name: str, thread: int, count: int, rate: float) -> None:
    """Handle *count* requests at *rate* a second; after a delay faster, as queued requests are."""
    began = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        request(f"{name}.{thread}.{number}", number * THREADS + thread)


def _obey() -> None:
    """Carry out the orders on standard input until it ends, and then end: nobody listens any more."""
    clock = ExitStack()
    for line in sys.stdin:
        what, _, how = line.strip().partition(" ")
        if what == "disk":
            _limit_files(SMALLEST_FILE if how == "full" else resource.RLIM_INFINITY)
        elif what == "clock":
            clock.close()
            there = datetime.now(UTC) + timedelta(seconds=float(how))
            clock.enter_context(time_machine.travel(there, tick=True))
    os._exit(1)


def _limit_files(size: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard)
    )


def main(arguments: Sequence[str]) -> None:
    """Handle requests in some threads, until all were handled."""
    parser = argparse.ArgumentParser("python -m tests.chaos.web")
    parser.add_argument("name")
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    asked = parser.parse_args(arguments)
    threading.Thread(target=_obey, daemon=True).start()
    shares = [asked.count // THREADS + (thread < asked.count % THREADS) for thread in range(THREADS)]
    threads = [
        threading.Thread(target=_requests, args=(asked.name, thread, share, asked.rate / THREADS))
        for thread, share in enumerate(shares)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(sys.argv[1:])
