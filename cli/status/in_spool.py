"""What waits on this machine until Redis takes it."""

from __future__ import annotations

from typing import Any

from trailkeeper.cli.spooled import spool

NAMES = ("waiting", "oldest_seconds", "bytes", "cap_bytes", "refused", "set_aside")


def spooled() -> dict[str, Any]:
    """The spool of this machine, or only that it is off.

    Raises:
        SpoolUnavailable: it cannot be read.
    """
    status = spool()
    if status is None:
        return {"off": True}
    return {"off": False} | {name: getattr(status, name) for name in NAMES}
