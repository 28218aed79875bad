"""A file of event lines, plain or compressed, read once to its end before anything of it is staged."""

from __future__ import annotations

import codecs
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, BinaryIO, cast

from sqlalchemy import Engine

from trailkeeper.models.engine import transaction
from trailkeeper.models.kept_secrets import read_secret
from trailkeeper.models.tables import ImportSecretRow
from trailkeeper.producer.lines import EventLine, read_lines

from .packing import BROKEN, START, Packing, packing_of

READ = 1 << 20
HARMLESS_BYTES = 8 << 20
LARGEST_RATIO = 200
"""A file that grows beyond this when unpacked was made to fill a disk; event lines grow tenfold or so."""

FIRST_LINES = 100


class UnusableFile(ValueError):  # noqa: N818 - what it says
    """A file that cannot be read to its end, or holds no event lines; says what was found."""


@dataclass(frozen=True)
class EventFile:
    """A file that was read to its end once.

    Attributes:
        name: as people call it.
        digest: SHA-256 of the file as it is.
        size: in bytes, when unpacked.
        file: as it is.
        packing: how that is packed; None for not at all.
        key: of the ids of lines that have none.
    """

    name: str
    digest: bytes
    size: int
    file: BinaryIO
    packing: Packing | None
    key: bytes = b""

    def lines(self) -> Iterator[EventLine]:
        """Its lines, from the first.

        Raises:
            UnusableFile: it has changed since it was first read.
        """
        with _errors_translated(self.name, self.packing):
            yield from read_lines(self.open(), key=self.key)

    def open(self) -> BinaryIO:
        """Its bytes unpacked, from the first."""
        self.file.seek(0)
        return self.packing.open(self.file) if self.packing else self.file


@contextmanager
def opened(path: str, standard_input: IO[bytes] | None = None) -> Iterator[EventFile]:
    """A file, or standard input where that is given, for as long as the block.

    What comes through a pipe is written to a temporary file first, so that it can be read twice.

    Raises:
        UnusableFile: it is away, broken, cut off, made to fill a disk, or no file of
            event lines. Nothing was changed.
    """
    name = "standard input" if standard_input else Path(path).name
    with ExitStack() as stack:
        with _errors_translated(name):
            file = standard_input or stack.enter_context(Path(path).open("rb"))
            source = _examined(name, _seekable(stack, file))
        _assert_event_lines(source)
        yield source


def keyed(source: EventFile, engine: Engine) -> EventFile:
    """The same file, its derived ids keyed with the database's own secret.

    Raises:
        StoreError: the database is away, or not migrated.
    """
    with transaction(engine) as connection:
        return replace(source, key=read_secret(connection, ImportSecretRow))


def _seekable(stack: ExitStack, file: IO[bytes]) -> BinaryIO:
    if file.seekable():
        return cast(BinaryIO, file)
    copy = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - it is one, as long as the stack
    shutil.copyfileobj(file, copy, READ)
    return cast(BinaryIO, copy)


def _examined(name: str, file: BinaryIO) -> EventFile:
    digest, size = _digest(file)
    file.seek(0)
    packing = packing_of(file.read(START))
    source = EventFile(name, digest, size, file, packing)
    if packing is None:
        return source
    with _errors_translated(name, packing):
        return replace(source, size=_unpacked_size(source, size))


def _digest(file: BinaryIO) -> tuple[bytes, int]:
    file.seek(0)
    hashed, size = hashlib.sha256(), 0
    while part := file.read(READ):
        hashed.update(part)
        size += len(part)
    return hashed.digest(), size


def _unpacked_size(source: EventFile, packed: int) -> int:
    """By unpacking it to its end, which also shows that there is one."""
    size, unpacked = 0, source.open()
    while part := unpacked.read(READ):
        size += len(part)
        if size > HARMLESS_BYTES and size > LARGEST_RATIO * packed:
            raise UnusableFile(
                f"{source.name} grows more than {LARGEST_RATIO}-fold when it is unpacked; no event lines do"
            )
    return size


def _assert_event_lines(source: EventFile) -> None:
    first = list(islice(source.lines(), FIRST_LINES))
    if not first:
        raise UnusableFile(f"{source.name} holds no lines")
    if all(line.event is None for line in first):
        if cause := _cause(source.open().read(READ)):
            raise UnusableFile(f"{source.name} {cause}")
        raise UnusableFile(f"{source.name} holds no event lines: line {first[0].number}: {first[0].error}")


def _cause(begin: bytes) -> str:
    """Why a file that begins so holds no lines that can be read, where that is known; else empty."""
    if begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in begin:
        return "is not UTF-8 but UTF-16 or UTF-32, as it seems: convert it (iconv -t UTF-8)"
    if b"\r" in begin and b"\n" not in begin:
        return "ends its lines with a bare CR: convert them to LF (tr '\\r' '\\n')"
    return ""


@contextmanager
def _errors_translated(path: str, packing: Packing | None = None) -> Iterator[None]:
    try:
        yield
    except EOFError as error:
        raise UnusableFile(f"{path} ends in the middle; it was cut off") from error
    except BROKEN as error:
        name = packing.name if packing else "packed"
        raise UnusableFile(f"{path} is a broken {name} file: {error}") from error
    except OSError as error:
        raise UnusableFile(f"{path}: {error.strerror or error}") from error
