"""What each action does: the same requests as the commands', in the admin's name."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, Engine

from trailkeeper.models.admin_commands import AdminCommand
from trailkeeper.models.backfills import EnrichFilters
from trailkeeper.models.engine import transaction
from trailkeeper.producer.catalogue import Catalogue
from trailkeeper.worker.backfills import InvalidRequest, Requests
from trailkeeper.worker.backfills.checks import enrich_filters, estimated, replay_filters
from trailkeeper.worker.backfills.parts import BackfillParts
from trailkeeper.worker.backfills.preview import Preview, preview_enrich, preview_replay

PREVIEW_SECONDS = 8.0
"""How long a preview looks; what it has not seen by then it estimates."""

NAMING = ("at", "id", "tag", "occurred_at", "reason")
"""What is kept of an example: enough to find it. The rest would stay here after an erasure."""


def carry_out(connection: Connection, catalogue: Catalogue, command: AdminCommand) -> dict[str, Any]:
    """Carry out a command in a transaction; returns its outcome.

    Raises:
        InvalidRequest, NothingToDo, NoSuchBackfill, WrongState: it is refused; roll back.
    """
    requests = Requests(connection, catalogue, command.requested_by)
    arguments = command.arguments
    match command.action:
        case "enrich":
            filters = enrich_filters(connection, catalogue, EnrichFilters.from_json(arguments["filters"]))
            return {"backfill_id": requests.enrich(filters, arguments.get("throttle"))}
        case "replay":
            which = replay_filters(connection, arguments.get("reasons", ()), arguments.get("ids", ()))
            return {"backfill_id": requests.replay(which, arguments.get("throttle"))}
        case "pause" | "resume" | "cancel" as action:
            return {"backfill_id": requests.change(arguments["backfill_id"], action).id}
        case "discard":
            return {"count": requests.discard(sorted(set(arguments["ids"])), arguments["reason"])}
        case unknown:
            raise InvalidRequest(f"this worker knows no action {unknown!r}; is it older than the views?")


def preview(engine: Engine, parts: BackfillParts, command: AdminCommand) -> dict[str, Any]:
    """What a command would do, as `--dry-run` counts it; of a large table, what could be read in time.

    Raises:
        InvalidRequest, NothingToDo: it would be refused.
    """
    arguments, throttle = command.arguments, command.arguments.get("throttle")
    if command.action == "preview_replay":
        with transaction(engine) as connection:
            which = replay_filters(connection, arguments.get("reasons", ()), arguments.get("ids", ()))
        return _shown(preview_replay(engine, parts, which, PREVIEW_SECONDS), throttle)
    with transaction(engine) as connection:
        filters = enrich_filters(connection, parts.catalogue, EnrichFilters.from_json(arguments["filters"]))
        estimate = estimated(connection, filters)
    return _shown(preview_enrich(engine, parts, filters, PREVIEW_SECONDS), throttle, estimate)


def _shown(report: Preview, throttle: int | None, estimate: int | None = None) -> dict[str, Any]:
    """The same counts as the command's JSON, and how much there is where not all was seen."""
    document: dict[str, Any] = msgspec.to_builtins(report, enc_hook=dict)
    document |= {name: [_named(example) for example in document[name]] for name in ("sample", "bad")}
    of = report.seen if report.complete else max(report.seen, estimate or 0)
    seconds = round(report.seconds(throttle, of), 1)
    return {"preview": document | {"estimate": of, "estimated_seconds": seconds}}


def _named(example: dict[str, Any]) -> dict[str, Any]:
    return {key: example[key] for key in NAMING if key in example}
