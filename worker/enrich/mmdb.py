"""One open MaxMind-format file. The one place where maxminddb's errors are translated."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

import maxminddb

from .special import Address

Record = dict[str, Any]
Signature = tuple[int, int, int, int]  # device, inode, size, modified
IPV6 = 6


class UnusableDatabase(Exception):  # noqa: N818 - reads as the sentence it is in an `except`
    """A MaxMind-format file that cannot be opened or read now: names the file and what is wrong."""


def signature(path: str) -> Signature:
    """What changes when the file at *path* is replaced or overwritten.

    Raises:
        UnusableDatabase: there is no such file, or it may not be seen.
    """
    with _translated(path):
        return _signature(Path(path).stat())


class MmdbFile:
    """A file mapped into memory and read by the C extension.

    A mapping outlives the file's name, so a file replaced by renaming stays
    readable. One overwritten in place does not: touching a page beyond its new
    end kills the process. So its descriptor is checked before each read.

    Attributes:
        source: the type the file gives itself, "GeoLite2-City".
        build: the day it was built, in UTC, "2018-07-03".
        signature: of the file when it was opened.

    Raises:
        UnusableDatabase: there is no such file, it is broken, or is being written now.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.signature = signature(path)
        with _translated(path):
            self._reader = maxminddb.open_database(path, maxminddb.MODE_AUTO)
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            weakref.finalize(self, os.close, self._descriptor)
            metadata = self._reader.metadata()
            self.source = str(metadata.database_type)
            self.build = datetime.fromtimestamp(metadata.build_epoch, UTC).date().isoformat()
        self._knows_ipv6 = metadata.ip_version == IPV6
        self._assert_unaltered()

    def record(self, address: Address) -> Record | None:
        """What the file says of *address*; None where it says nothing.

        Raises:
            UnusableDatabase: the record is corrupt, or the file was overwritten.
        """
        if isinstance(address, IPv6Address) and not self._knows_ipv6:
            return None
        self._assert_unaltered()
        try:
            record = self._reader.get(str(address))  # a third less time than for the object
        except (maxminddb.InvalidDatabaseError, ValueError) as error:
            # the driver's own words name the address, which no log should
            raise UnusableDatabase(f"{self.path} holds corrupt records; replace it") from error
        return record if isinstance(record, dict) else None

    def altered(self) -> bool:
        """True when the file itself, not its name, was written to since it was opened."""
        return _signature(os.fstat(self._descriptor)) != self.signature

    def _assert_unaltered(self) -> None:
        if self.altered():
            raise UnusableDatabase(
                f"{self.path} is being overwritten; replace it by renaming a complete file"
            )


def _signature(status: os.stat_result) -> Signature:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


@contextmanager
def _translated(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnusableDatabase(f"{path}: {error.strerror or error}") from error
    except (maxminddb.InvalidDatabaseError, ValueError, OverflowError) as error:
        raise UnusableDatabase(f"{path}: {error}; expected a MaxMind-format file") from error
