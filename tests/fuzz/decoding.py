"""Coverage-guided fuzzing of what reads a message: `python -m tests.fuzz.decoding RUNS` (needs atheris).

Each run is one message, from bytes to a row's text. libFuzzer ends the process with an
error if one of them raises, takes longer than two seconds, or if memory grows past the limit.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["producer", "worker", "models"]):
    from tests.fuzz.hostile import entries
    from tests.support.judging import a_judge
    from trailkeeper.producer.wire import REASONS
    from trailkeeper.worker.ingest.messages import Accepted, IncomingMessage
    from trailkeeper.worker.ingest.sequence_numbers import number_in

SECONDS_EACH = 2
LIMIT_MB = 1024
SEEDS = 500
LONGEST = 65_537
JUDGE = a_judge()


def one(raw: bytes) -> None:
    """A message ends as an event or as a dead letter with one of the known reasons, numbered or not."""
    verdict = JUDGE.judge(IncomingMessage("1-0", raw, None, {b"e": raw}), datetime.now(UTC))
    number_in(raw)
    if not isinstance(verdict, Accepted) and (
        verdict.reason not in REASONS or verdict.reason == "worker_error"
    ):
        raise AssertionError(f"{verdict.reason}: {verdict.detail}")


def main(runs: int) -> None:
    """Begin with real and hostile messages, and go on from there. Ends the process."""
    logging.disable()  # what cannot be judged is reported as the failure that it is
    with tempfile.TemporaryDirectory(prefix="tk-fuzz-") as folder:
        for number, entry in enumerate(entries(seed=1, count=SEEDS)):
            Path(folder, str(number)).write_bytes(entry.get(b"e", b""))
        options = [
            f"-runs={runs}",
            f"-timeout={SECONDS_EACH}",
            f"-rss_limit_mb={LIMIT_MB}",
            "-print_final_stats=1",
        ]
        atheris.Setup([sys.argv[0], *options, f"-max_len={LONGEST}", folder], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main(int(sys.argv[1]))
