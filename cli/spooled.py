"""The spool of this machine, for commands that show it."""

from __future__ import annotations

from trailkeeper.producer.settings import ProducerSettings, read, spool_path
from trailkeeper.producer.spool.file import SpoolFile
from trailkeeper.producer.spool.schema import Limits
from trailkeeper.producer.spool.status import SpoolStatus, read_status


def spool() -> SpoolStatus | None:
    """Its status; None where it is off.

    Raises:
        SettingsError: a setting is wrong.
        SpoolUnavailable: it cannot be read.
    """
    settings = read(ProducerSettings)
    path = spool_path(settings.spool)
    if path is None:
        return None
    file = SpoolFile(path, Limits(settings.spool_max_mb, settings.spool_sync))
    try:
        return read_status(file)
    finally:
        file.close()


def waiting() -> int:
    """How many events wait in it.

    Raises:
        SpoolUnavailable: it cannot be read.
    """
    status = spool()
    return status.waiting if status else 0
