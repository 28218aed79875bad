"""An admin's governed operations from beginning to end, while workers, beat and the command are killed.

`python -m tests.chaos.governed [--events 100000] [--seed S] [--json]` imports events of three past
years, holds one user, purges, erases another, derives locations anew from another file, and
holds what is there against plain arithmetic. Exit code 1 if anything does not add up.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from tests.support.small_mmdb import write_mmdb
from tests.support.stacks import running
from tests.support.waiting import until
from trailkeeper.cli.embedded.stack import Stack
from trailkeeper.producer.settings import variable

from .killing import Killer
from .past import NETWORK, PEOPLE, expected, write_past
from .reckoning import counts, sums, told
from .shown import number, pages

KEPT_DAYS = 90
PATIENCE = 300.0
"""Seconds for what still runs when nothing is killed any more; beat looks once a minute."""

HELD, ERASED = "user-1", "user-2"


class Governed(msgspec.Struct, frozen=True, kw_only=True):
    """One run: what was expected, and what was found.

    Attributes:
        checks: name of each sum, what it must be and what it is.
        told: events about the operations themselves, by tag.
        kills: processes killed meanwhile.
        seconds: the run took.
    """

    checks: dict[str, tuple[Any, Any]]
    told: dict[str, int]
    kills: int
    seconds: float

    @property
    def adds_up(self) -> bool:
        """Whether everything is as it must be."""
        return all(must == found for must, found in self.checks.values())


def governed(home: Path, events: int, seed: int, say: Callable[[str], None]) -> Governed:
    """Run it all on a stack of its own.

    Args:
        home: an empty folder.
        events: imported, over three past years.
        seed: of the choice whom to kill.
        say: called with a sentence about what happens.

    Raises:
        RuntimeError: a command failed again and again.
    """
    began = time.monotonic()
    geoip = write_mmdb(home / "geo.mmdb", {NETWORK: _place("Oslo", "NO")}, built="2024-01-01")
    settings = {variable("geoip"): str(geoip), variable("retention_user_days"): str(KEPT_DAYS)}
    with running(home / "stack", settings) as stack, Killer(stack, seed) as killer:
        checks = _import(stack, killer, write_past(home / "past.jsonl", events), events, say)
        checks |= _hold_and_purge(stack, killer, events, say)
        checks |= _erase(stack, killer, say)
        write_mmdb(geoip, {NETWORK: _place("Bergen", "NO")}, built="2025-01-01")
        checks |= _enrich(stack, killer, say)
        killer.rest()
        # a command that was killed began a backfill, and began another when it was run again
        until(lambda: not sums(stack.database_url).unfinished, PATIENCE, "all that was begun has ended")
        checks |= _pages(stack, events, say)
        return Governed(
            checks=checks,
            told=told(stack.database_url),
            kills=killer.kills,
            seconds=round(time.monotonic() - began, 1),
        )


def _place(city: str, country: str) -> dict[str, Any]:
    return {"city": {"names": {"en": city}}, "country": {"iso_code": country, "names": {"en": "Norway"}}}


def _import(
    stack: Stack, killer: Killer, path: Path, events: int, say: Callable[[str], None]
) -> dict[str, tuple[Any, Any]]:
    say(f"importing {events:,} events twice")
    killer.command("backfill", "import", "--yes", str(path), "--wait")
    killer.command("backfill", "import", "--yes", str(path), "--wait")
    found = counts(stack.database_url)
    return {
        "imported, by scope": (expected(events), {scope: found[scope] for scope in sorted(expected(events))})
    }


def _hold_and_purge(
    stack: Stack, killer: Killer, events: int, say: Callable[[str], None]
) -> dict[str, tuple[Any, Any]]:
    say(f"holding {HELD}, purging the other users' events")
    killer.command("hold", "add", "--user", HELD, "--reason", "a court asked")
    killer.command("purge", "--yes")
    killer.command("purge", "--yes")
    kept, found = expected(events), sums(stack.database_url)
    held = kept["user"] // PEOPLE
    return {
        "user events after the purge": (held, found.user),
        "of them the held user's": (held, found.of_users.get(HELD, 0)),
        "project events after the purge": (kept["project"], found.project),
        "purged, by the records": (kept["user"] - held, found.purged),
        "purged, by the events": (kept["user"] - held, found.purged_told),
    }


def _erase(stack: Stack, killer: Killer, say: Callable[[str], None]) -> dict[str, tuple[Any, Any]]:
    say(f"erasing {ERASED}")
    before = sums(stack.database_url)
    killer.command("erase", "user", ERASED, "--yes")
    after = sums(stack.database_url)
    return {
        "events after the erasure": (before.project, after.project),
        "events that still name the erased": (0, after.naming(ERASED)),
        "events that still count the erased": (before.acting(ERASED), after.acting(ERASED)),
    }


def _enrich(stack: Stack, killer: Killer, say: Callable[[str], None]) -> dict[str, tuple[Any, Any]]:
    say("deriving locations anew")
    before = sums(stack.database_url)
    killer.command("backfill", "enrich", "--yes", "--all", "--wait")
    after = sums(stack.database_url)
    return {
        "located before": ({"Oslo"}, set(before.cities)),
        "located anew": (before.cities.get("Oslo"), after.cities.get("Bergen")),
        "still located as before": (0, after.cities.get("Oslo", 0)),
    }


def _pages(stack: Stack, events: int, say: Callable[[str], None]) -> dict[str, tuple[Any, Any]]:
    say("looking at the pages")
    sums_now = sums(stack.database_url)
    with pages(stack) as shown:
        jobs = shown.table("/backfills", "Backfills")
        imports = [job for job in jobs if "past.jsonl" in job["Backfill"]]
        purges = shown.table("/retention", "Latest purges")
        holds, erasures = (shown.table("/retention", label) for label in ("Active holds", "Latest erasures"))
        return {
            "pages: backfills that have ended": (len(jobs), sum("Finished" in job["State"] for job in jobs)),
            "pages: imported": (events, sum(number(job["Changed"]) for job in imports)),
            "pages: purged": (sums_now.purged, sum(number(row["Events removed"]) for row in purges)),
            "held": ({HELD}, set(sums_now.holds)),
            # a command killed after its hold was stored added another when it was run again
            "pages: held": ([True] * sums_now.holds.get(HELD, 0), [HELD in row["On"] for row in holds]),
            "pages: erased": (True, ERASED in {row["User"].strip() for row in erasures}),
            "pages: the log tells of the purge": (
                True,
                "A purge of" in shown.text("/log?tag=system:purge:finish"),
            ),
            "pages: the held user's name": (True, f"Name of {HELD}" in shown.text(f"/users/{HELD}")),
            "pages: the erased user's name": (False, f"Name of {ERASED}" in shown.text(f"/users/{ERASED}")),
            "pages: located anew": (True, "Bergen" in shown.text("/projects/project-2")),
        }


def show(found: Governed, console: Console) -> None:
    """What was expected beside what was found."""
    table = Table("", "must be", "is", title="Governed operations under kills")
    for name, (must, is_) in found.checks.items():
        style = "green" if must == is_ else "red"
        table.add_row(name, str(must), f"[{style}]{is_}[/]")
    console.print(table)
    console.print(
        f"{found.kills} processes were killed; {found.seconds:g} s. Events tell of it: {found.told}"
    )


def main(arguments: Sequence[str]) -> int:
    """Run it in a folder of its own.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser("python -m tests.chaos.governed")
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1, help="of the choice whom to kill")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON on standard output")
    asked = parser.parse_args(arguments)
    console = Console(stderr=asked.json, highlight=False)
    home = Path(tempfile.mkdtemp(prefix="tk-governed-"))
    home.chmod(0o755)  # Postgres' own user passes through
    try:
        found = governed(home, asked.events, asked.seed, console.print)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    show(found, console)
    if asked.json:
        print(msgspec.json.encode(found).decode(), flush=True)  # noqa: T201 - the answer
    return 0 if found.adds_up else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
