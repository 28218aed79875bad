"""`python -m tests.chaos [--events N] [--rate R] [--seed S] [--server SERVER] [--json]`.

SERVER is valkey, redis_8, sentinels, cluster, or all. Ends with a scorecard for each, and with exit code 1 if
anything was lost or doubled.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import msgspec
from rich.console import Console

from .plan import Plan, Server
from .run import run
from .scorecard import show

SERVERS: tuple[Server, ...] = get_args(Server)


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for, one server after another.

    Returns:
        The exit code: 0 when nothing was lost or doubled.
    """
    asked = _parser().parse_args(arguments)
    console = Console(stderr=asked.json, highlight=False)
    clean = True
    for server in SERVERS if asked.server == "all" else (asked.server,):
        plan = Plan(server=server, events=asked.events, rate=asked.rate, seed=asked.seed)
        home = Path(tempfile.mkdtemp(prefix="tk-chaos-"))
        home.chmod(0o755)  # Postgres' own user passes through
        try:
            card = run(home, plan, console.print)
        finally:
            shutil.rmtree(home, ignore_errors=True)
        show(card, console)
        if asked.json:
            print(msgspec.json.encode(card).decode(), flush=True)  # noqa: T201 - the answer
        clean = clean and card.is_clean
    return 0 if clean else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.chaos", description="All fails; is anything lost?")
    parser.add_argument("--events", type=int, default=Plan().events, help="requests, one event each")
    parser.add_argument("--rate", type=float, default=Plan().rate, help="requests a second")
    parser.add_argument("--seed", type=int, default=Plan().seed, help="of the choice of faults")
    parser.add_argument("--server", choices=[*SERVERS, "all"], default="all")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON a server")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
