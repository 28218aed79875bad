"""A backfill as a line of a table and as facts; a dry run as what it found."""

from __future__ import annotations

import msgspec

from trailkeeper.cli.output import print_facts, print_json, print_table, say
from trailkeeper.cli.times import duration, moment
from trailkeeper.models.backfills import StoredBackfill
from trailkeeper.models.backfills.letters import Letter
from trailkeeper.worker.backfills.preview import Preview

COLUMNS = ["id", "kind", "state", "asked by", "created", "seen", "of", "changed", "rejected", "about"]
RIGHT = ["id", "seen", "of", "changed", "rejected"]


def print_jobs(found: list[StoredBackfill]) -> None:
    """A table of backfills."""
    print_table(COLUMNS, map(_row, found), right=RIGHT)
    if not found:
        say("no backfills")


def print_job(job: StoredBackfill, kept: tuple[dict[str, int], list[Letter]] | None) -> None:
    """All that is known of one backfill, and what of an import's lines could not be stored."""
    facts = job.as_json()
    print_facts({name.replace("_", " "): facts[name] for name in facts if facts[name] is not None})
    if kept and kept[1]:
        say("lines that could not be stored: " + reasons(kept[0]))
        rows = [(letter.stream_id, letter.reason, letter.detail, letter.id) for letter in kept[1]]
        print_table(["line", "reason", "detail", "dead letter"], rows, right=["line", "dead letter"])


def summary(job: StoredBackfill) -> str:
    """What became of it, in a sentence."""
    what = "stored" if job.kind != "enrich" else "changed"
    said = (
        f"backfill {job.id} is {job.state}: {job.seen:,} seen, {job.changed:,} {what},"
        f" {job.skipped:,} as they were, {job.rejected:,} rejected"
    )
    return f"{said}; {job.detail}" if job.detail else said


def print_preview(preview: Preview, throttle: int | None, *, as_json: bool) -> None:
    """What a dry run found."""
    seconds = preview.seconds(throttle)
    if as_json:
        found = msgspec.to_builtins(preview, enc_hook=dict)
        print_json(found | {"estimated_seconds": round(seconds, 1), "dry_run": True})
        return
    for rows in (preview.sample, preview.bad):
        if rows:
            print_table(list(rows[0]), [list(row.values()) for row in rows])
    what = "would be derived anew" if preview.kind == "enrich" else "would be stored"
    rejected = f"; rejected: {reasons(preview.rejected)}" if preview.rejected else ""
    say(
        f"dry run, nothing was changed: of {preview.seen:,} seen {preview.changed:,} {what},"
        f" {preview.skipped:,} stay as they are{rejected}; about {duration(seconds)}"
    )


def reasons(counts: dict[str, int]) -> str:
    """How many of which reason."""
    return ", ".join(f"{number:,} {reason}" for reason, number in counts.items())


def _row(job: StoredBackfill) -> tuple[object, ...]:
    about = job.file or ", ".join(f"{key} {value}" for key, value in job.filters.items())
    of = None if job.estimate is None else f"{job.estimate:,}"
    counts = f"{job.seen:,}", of, f"{job.changed:,}", f"{job.rejected:,}"
    return job.id, job.kind, job.state, job.requested_by, moment(job.created_at), *counts, about
