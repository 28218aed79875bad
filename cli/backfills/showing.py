"""Prints backfills as tables, facts and sentences, and what a dry run found."""

from __future__ import annotations

import msgspec

from trailkeeper.cli.output import print_facts, print_items, print_json, print_table, say
from trailkeeper.cli.times import duration, moment
from trailkeeper.models.backfills import StoredBackfill
from trailkeeper.models.backfills.dead_letters import DeadLetter
from trailkeeper.producer.counted import counted
from trailkeeper.worker.backfills.preview import Preview

COLUMNS = ["id", "kind", "state", "asked by", "created", "seen", "of", "changed", "rejected", "about"]
RIGHT = ["id", "seen", "of", "changed", "rejected"]


def print_jobs(jobs: list[StoredBackfill], *, as_json: bool) -> None:
    """A table of backfills, or lines of JSON."""
    print_items(jobs, COLUMNS, _row, right=RIGHT, to_json=StoredBackfill.as_json if as_json else None)
    if not jobs and not as_json:
        say("no backfills")


def print_job(job: StoredBackfill, kept: tuple[dict[str, int], list[DeadLetter]] | None) -> None:
    """All that is known of one backfill, and the lines of an import that could not be stored."""
    facts = job.as_json()
    print_facts({name.replace("_", " "): facts[name] for name in facts if facts[name] is not None})
    if kept and kept[1]:
        say("lines that could not be stored: " + reasons(kept[0]))
        rows = [(letter.stream_id, letter.reason, letter.detail, letter.id) for letter in kept[1]]
        print_table(["line", "reason", "detail", "dead letter"], rows, right=["line", "dead letter"])


def summary(job: StoredBackfill) -> str:
    """Its state in a sentence."""
    what = "stored" if job.kind != "enrich" else "changed"
    text = (
        f"backfill {job.id} is {job.state}: {job.seen:,} seen, {job.changed:,} {what},"
        f" {job.skipped:,} as they were, {job.rejected:,} rejected"
    )
    return f"{text}; {job.detail}" if job.detail else text


def print_preview(preview: Preview, throttle: int | None, *, as_json: bool) -> None:
    """The result of a dry run."""
    seconds = preview.seconds(throttle)
    if as_json:
        fields = msgspec.to_builtins(preview, enc_hook=dict)
        print_json(fields | {"estimated_seconds": round(seconds, 1), "dry_run": True})
        return
    for rows in (preview.sample, preview.bad):
        if rows:
            print_table(list(rows[0]), [list(row.values()) for row in rows])
    what = "would be derived again" if preview.kind == "enrich" else "would be stored"
    rejected = f"; rejected: {reasons(preview.rejected)}" if preview.rejected else ""
    say(
        f"dry run, nothing was changed: of {preview.seen:,} seen {preview.changed:,} {what},"
        f" {counted(preview.skipped, 'stays as it is', 'stay as they are')}{rejected};"
        f" about {duration(seconds)}"
    )


def reasons(counts: dict[str, int]) -> str:
    """How many there are of each reason."""
    return ", ".join(f"{number:,} {reason}" for reason, number in counts.items())


def _row(job: StoredBackfill) -> tuple[object, ...]:
    about = job.file or ", ".join(f"{key} {value}" for key, value in job.filters.items())
    of = None if job.estimate is None else f"{job.estimate:,}"
    counts = f"{job.seen:,}", of, f"{job.changed:,}", f"{job.rejected:,}"
    return job.id, job.kind, job.state, job.requested_by, moment(job.created_at), *counts, about
