"""`trailkeeper status`: how the pipeline is doing, right now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from trailkeeper.cli.errors import PROBLEM
from trailkeeper.cli.output import print_facts, print_json, say, show
from trailkeeper.cli.times import duration, moment
from trailkeeper.producer.counted import counted


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(as_json: bool) -> int:
    """Show backlog, throughput, workers, dead letters, partitions and active alarms.

    The exit code is 1 if there is an alarm or something cannot be found out.
    """
    from trailkeeper.cli.status import alarms, collect

    status = collect()
    raised = alarms(status)
    unknown = {name: part["unknown"] for name, part in status.items() if "unknown" in part}
    healthy = not raised and not unknown
    if as_json:
        print_json({"healthy": healthy, "alarms": raised, **status})
    else:
        for alarm in raised:
            show(f"ALARM {alarm.name}: {alarm}")
        print_facts({name.replace("_", " "): _sentence(name, part) for name, part in status.items()})
    if unknown:
        say("`trailkeeper doctor` says more")
    return 0 if healthy else PROBLEM


def _sentence(name: str, part: Mapping[str, Any]) -> str:
    return f"unknown: {part['unknown']}" if "unknown" in part else _SENTENCES[name](part)


def _redis(part: Mapping[str, Any]) -> str:
    most = part["max_bytes"]
    used = f"{part['used_bytes'] / 1e6:,.1f}{'' if most is None else f' of {most / 1e6:,.1f}'} MB used"
    return used + ("" if part["refuses"] is None else f"; REFUSES WRITES: {part['refuses']}")


def _stream(part: Mapping[str, Any]) -> str:
    waiting = f"{part['waiting']:,} waiting, {part['being_stored']:,} being stored"
    oldest = part["oldest_seconds"]
    age = "" if oldest is None else f", the oldest for {duration(oldest)}"
    if part["stranded"]:
        age += f"; {part['stranded']:,} STRANDED"
    paused = part["paused"]
    if paused is None:
        return waiting + age
    return f"{waiting}{age}; PAUSED ({paused['cause']}): {paused['detail']}, since {moment(paused['since'])}"


def _spool(part: Mapping[str, Any]) -> str:
    if part["off"]:
        return "off"
    oldest = part["oldest_seconds"]
    age = "" if oldest is None else f", the oldest for {duration(oldest)}"
    refused = f"; {part['refused']:,} refused" if part["refused"] else ""
    aside = f"; {counted(len(part['set_aside']), 'damaged file')} set aside" if part["set_aside"] else ""
    return f"{part['waiting']:,} waiting on this machine{age}{refused}{aside}"


def _outbox(part: Mapping[str, Any]) -> str:
    waiting = f"{part['waiting']:,}{' or more' if part['at_least'] else ''} waiting"
    oldest = part["oldest_seconds"]
    return waiting + ("" if oldest is None else f", the oldest for {duration(oldest)}")


def _rate(part: Mapping[str, Any]) -> str:
    counts = ", ".join(
        f"{part[name]:,} {name.replace('_', ' ')}" for name in ("stored", "duplicates", "dead_lettered")
    )
    return f"{counts} in the last {duration(part['seconds'])} ({part['stored_per_second']:,} events/s)"


def _workers(part: Mapping[str, Any]) -> str:
    answers = "; ".join(f"{name} takes {', '.join(queues)}" for name, queues in part["queues"].items())
    return answers or "none answers"


def _beat(part: Mapping[str, Any]) -> str:
    seconds = part["seconds_ago"]
    return "never seen" if seconds is None else f"seen {duration(seconds)} ago"


def _events(part: Mapping[str, Any]) -> str:
    if part["newest"] is None:
        return "none"
    delay = (part["stored"] - part["newest"]).total_seconds()
    return (
        f"the newest is {part['tag']} of {moment(part['newest'])}, stored {duration(max(delay, 0.0))} later"
    )


def _dead_letters(part: Mapping[str, Any]) -> str:
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in part["by_reason"].items())
    return reasons or "none"


def _completeness(part: Mapping[str, Any]) -> str:
    missing = part["missing"]
    return (
        f"{counted(missing, 'event is', 'events are')} missing: `trailkeeper reconcile`"
        if missing
        else "nothing is missing"
    )


def _partitions(part: Mapping[str, Any]) -> str:
    rows, size = (sum(partition[name] for partition in part["list"]) for name in ("rows", "bytes"))
    ahead = ", ".join(f"{scope} {count}" for scope, count in part["ahead"].items())
    return f"{len(part['list'])} with about {counted(rows, 'event')}, {size / 1e6:,.1f} MB; ahead: {ahead}"


_SENTENCES = {
    "redis": _redis,
    "stream": _stream,
    "spool": _spool,
    "outbox": _outbox,
    "rate": _rate,
    "workers": _workers,
    "beat": _beat,
    "events": _events,
    "dead_letters": _dead_letters,
    "completeness": _completeness,
    "partitions": _partitions,
}
