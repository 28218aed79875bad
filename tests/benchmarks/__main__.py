"""`python -m tests.benchmarks [--quick] [--json] [--only NAME]`: measure, and say what came out.

Everything is measured in one run on one machine with the embedded servers and their
default settings. With --json, the last line on standard output is one JSON object.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType

import msgspec

from trailkeeper.producer.settings import PREFIX

from .backfills import backfills
from .drain_parts import drain_parts
from .emit import emit
from .histories import histories
from .latency import latency
from .limits import limits
from .machine import Machine, machine
from .memory import memory
from .one_drain import one_drain
from .outbox import outbox
from .purge import purge
from .report import Report
from .results import Results
from .scale import FULL, QUICK, TINY
from .size import sizes
from .sizing import sizing
from .spool import spool
from .staging import staging
from .store import store
from .web import web

BENCHMARKS: dict[str, Callable[[Machine], Results]] = {
    "limits": limits,
    "emit": emit,
    "spool": spool,
    "store": store,
    "size": sizes,
    "sizing": sizing,
    "one-drain": one_drain,
    "staging": staging,
    "latency": latency,
    "outbox": outbox,
    "web": web,
    "memory": memory,
    "purge": purge,
    "backfills": backfills,
    "drain-parts": drain_parts,
    "histories": histories,
}

SCALES = (
    (
        "--quick",
        QUICK,
        "less of everything: two minutes instead of a quarter of an hour, histories only if asked for",
    ),
    ("--tiny", TINY, argparse.SUPPRESS),
)


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for.

    Returns:
        The exit code: 0 when everything was measured, whatever the figures; 2 for wrong arguments.
    """
    asked = _parser().parse_args(arguments)
    # what the operator's environment says is not to be measured here
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    report = Report(stderr=asked.json)
    results: Results = {"cores": os.cpu_count(), "scale": msgspec.to_builtins(asked.scale)}
    with machine(asked.scale, report.say) as place:
        results["machine"] = place.facts()
        for name in asked.only or [name for name in BENCHMARKS if name not in asked.scale.leaves_out]:
            results |= BENCHMARKS[name](place)
    report.show(results)
    if asked.json:
        print(msgspec.json.encode(results).decode(), flush=True)  # noqa: T201 - the answer
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.benchmarks", description="Measure, beside peers.")
    parser.set_defaults(scale=FULL)
    for name, scale, text in SCALES:
        parser.add_argument(name, dest="scale", action="store_const", const=scale, help=text)
    parser.add_argument("--json", action="store_true", help="end with one line of JSON on standard output")
    parser.add_argument(
        "--only", action="append", choices=list(BENCHMARKS), metavar="NAME", help=", ".join(BENCHMARKS)
    )
    return parser


def _end(number: int, _: FrameType | None) -> None:
    """Let the servers be stopped, as after Ctrl-C."""
    sys.exit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    sys.exit(main(sys.argv[1:]))
