"""Events of three past years, as a file of lines to import."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

YEARS = 3
PEOPLE = 50
FIRST = datetime(2023, 1, 1, tzinfo=UTC)
NETWORK = "198.51.0.0/16"
SPAN = timedelta(days=365 * YEARS)


def write_past(path: Path, events: int) -> Path:
    """Half of them logins, half releases; each of the users has as many of both as any other."""
    step = SPAN / events
    with path.open("w") as file:
        for number in range(events):
            file.write(json.dumps(_line(number, FIRST + step * number)) + "\n")
    return path


def expected(events: int) -> dict[str, int]:
    """How many of them there are in each scope.

    Raises:
        ValueError: they cannot be shared out evenly.
    """
    if events % (2 * PEOPLE):
        raise ValueError(f"{events} events; expected a multiple of {2 * PEOPLE}")
    return {"project": events // 2, "user": events // 2}


def _line(number: int, moment: datetime) -> dict[str, object]:
    user = f"user-{number // 2 % PEOPLE}"
    line: dict[str, object] = {
        "occurred_at": moment.isoformat(),
        "user": {"id": user, "name": f"Name of {user}"},
        "actor": {"kind": "user", "id": user, "name": f"Name of {user}"},
        "ip": f"198.51.{number % 250}.{number // 250 % 250}",
        "user_agent": "twine/5.1.0 CPython/3.12.3",
    }
    if number % 2:
        return line | {"tag": "account:login:success"}
    return line | {"tag": "project:release:add", "project": f"project-{number % 20}"}
