"""Which commands there are. A command `some-thing` is `command` in cli/commands/some_thing.py."""

from __future__ import annotations

from typing import Any

COMMANDS = {
    "up": "Run the whole pipeline on this machine, in the foreground.",
    "demo": "Show the whole pipeline at work.",
    "worker": "Run a Celery worker that stores events and does what beat and admins start.",
    "beat": "Run Celery beat, which starts purges, partitions and other regular work.",
    "serve": "Serve histories over HTTP: the pages and the JSON API.",
    "migrate": "Bring the database to the schema of this version.",
    "config": "Show every setting, its value and what it means.",
    "status": "Show backlog, throughput, workers, dead letters, partitions and active alarms.",
    "reconcile": "Count by producer and hour: emitted = stored + dead letters + purged + waiting + missing.",
    "doctor": "Check servers, schema, data, workers, beat and clocks.",
    "size": "Say which processes, memory and disks a load needs, and what gives way first.",
    "emit": "Record one event, as an application would.",
    "history": "Show events, newest first.",
    "token": "Print a signed token for the history pages.",
    "dead-letters": "Look at messages that could not be stored, and replay or discard them.",
    "backfill": "Enrich, import or replay events in bulk, and watch the progress.",
    "spool": "Show events spooled on this machine, and deliver them.",
    "drain": "Store the events that wait in stream and outbox, without a worker.",
    "retention": "Show how long events and their personal data are kept.",
    "purge": "Remove events past their retention.",
    "scrub": "Remove personal data from old events.",
    "erase": "Erase a person's data, and say what was erased.",
    "hold": "Place legal holds, which protect events from purge, scrub and erasure.",
}
"""Name to summary; a test holds the summaries against the commands' own."""

SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
