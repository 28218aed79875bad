"""No user agent keeps a worker busy: seconds of processor time are enough for thousands of the worst."""

from __future__ import annotations

import resource
import subprocess
import sys

AGENTS = 2_000
SECONDS = 30
"""Of processor time, after which the process is killed; it takes some three."""

PROGRAM = f"""
import random
from trailkeeper.worker.enrich import ClientFinder
finder, chance = ClientFinder(cache_size=0), random.Random(5)
pieces = [letter * 40 for letter in "a/( 1"] + ["1." * 40, "; " * 9, "Mozilla/5.0 (", "Android 9; ", "Build/"]
pieces += ["Chrome/", "Version/", "like Gecko) ", "bot", "Opera Mini/", "SAMSUNG-", "iPhone OS 1_"]
for _ in range({AGENTS}):
    agent = "".join(chance.choices(pieces, k=60))[:1024]
    assert len(finder.find(agent).display) < 300
print("understood")
"""


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def test_thousands_of_hostile_agents_are_understood_in_bounded_processor_time() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, preexec_fn=limited, check=False
    )
    assert (done.returncode, done.stdout) == (0, "understood\n"), done.stderr[-2000:]
