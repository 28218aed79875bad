"""`trailkeeper spool`: events that wait on this machine until Redis takes them."""

from __future__ import annotations

import click
import msgspec

from trailkeeper.cli.errors import Failed
from trailkeeper.cli.hinting import Hinting
from trailkeeper.cli.output import print_facts, print_json, say
from trailkeeper.cli.spooled import spool, waiting
from trailkeeper.cli.times import Seconds, duration
from trailkeeper.producer.spool.flushing import FlushInProgress
from trailkeeper.producer.spool.status import SpoolStatus
from trailkeeper.worker.settings import settings

WAIT_SECONDS = 60.0
MIB = 1024 * 1024


@click.group("spool", cls=Hinting)
def command() -> None:
    """Show events spooled on this machine, and deliver them."""


@command.command("status")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def status(as_json: bool) -> None:
    """Show how many events wait for Redis, since when, and how much space is used."""
    spooled = spool()
    if as_json:
        print_json(msgspec.to_builtins(spooled) if spooled else {"off": True})
    elif spooled is None:
        say("the spool is off (TRAILKEEPER_SPOOL)")
    else:
        print_facts(_facts(spooled))


@command.command("flush")
@click.option(
    "--wait",
    type=Seconds(0, 86_400),
    default=WAIT_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="Wait at most this long for another process that is delivering.",
)
@click.option(
    "--kept-for",
    metavar="PLACE",
    help="After Redis moved: deliver to our stream what waits for this one, named as in `spool status`.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def flush(wait: float, kept_for: str | None, as_json: bool) -> None:
    """Deliver the events that wait for our stream, in order.

    Applications and workers do this themselves once Redis is back; this is for a machine where
    none runs any more. Safe at any time, and safe to repeat.
    """
    from trailkeeper.worker.spooled import deliver

    _refuse_unknown(kept_for)
    try:
        delivered = deliver(settings(), wait, kept_for)
    except FlushInProgress as error:
        raise Failed(f"{error}; try again later") from error
    left = waiting()
    if as_json:
        print_json({"delivered": delivered, "waiting": left})
        return
    print_facts({"delivered": f"{delivered:,}", "waiting": f"{left:,}"})
    if left:
        say(
            "the rest is for another stream, or was emitted meanwhile: see `trailkeeper spool status`;"
            " --kept-for delivers it here"
        )


def _refuse_unknown(place: str | None) -> None:
    """A misspelt place must not look like success.

    Raises:
        BadParameter: names the places that there are.
    """
    spooled = spool()
    places = spooled.places if spooled else {}
    if place is not None and place not in places:
        known = ", ".join(places) or "none"
        raise click.BadParameter(
            f"nothing waits for {place!r}; expected one of: {known}", param_hint="--kept-for"
        )


def _facts(spooled: SpoolStatus) -> dict[str, object]:
    megabytes = spooled.bytes / MIB, spooled.cap_bytes / MIB
    oldest = None if spooled.oldest_seconds is None else f"for {duration(spooled.oldest_seconds)}"
    facts: dict[str, object] = {
        "file": spooled.path,
        "waiting": f"{spooled.waiting:,}",
        "oldest": oldest,
        "size": f"{megabytes[0]:,.1f} of {megabytes[1]:,.0f} MiB (TRAILKEEPER_SPOOL_MAX_MB)",
        "refused": f"{spooled.refused:,}",
    }
    facts |= {f"for {place}": f"{count:,}" for place, count in spooled.places.items()}
    return facts | {f"set aside {number}": path for number, path in enumerate(spooled.set_aside, start=1)}
