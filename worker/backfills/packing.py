"""Ways in which a file of event lines may be packed, known by its first bytes."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Callable
from typing import BinaryIO, NamedTuple, cast

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["BROKEN", "GZIP", "START", "ZSTD", "Packing", "packing_of", "zstd"]

START = 4
"""How many bytes tell how a file is packed."""

BUFFER = 1 << 20
WINDOW: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 27}
"""No more than 128 MiB of memory, which is what `zstd` itself unpacks by default."""


class Packing(NamedTuple):
    """One compression format.

    Attributes:
        name: as people call it.
        open: unpacks.
        errors: what it raises where bytes are broken; where a file was cut off, all raise `EOFError`.
    """

    name: str
    open: Callable[[BinaryIO], BinaryIO]
    errors: tuple[type[Exception], ...]


def _gzip(file: BinaryIO) -> BinaryIO:
    return _buffered(gzip.GzipFile(fileobj=file, mode="rb"))


def _zstd(file: BinaryIO) -> BinaryIO:
    return _buffered(zstd.ZstdFile(file, mode="rb", options=WINDOW))


def _buffered(file: object) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, file), BUFFER))


GZIP = Packing("gzip", _gzip, (gzip.BadGzipFile, zlib.error))
ZSTD = Packing("zstd", _zstd, (zstd.ZstdError,))
BROKEN = GZIP.errors + ZSTD.errors
"""What reading a packed file may raise."""


def packing_of(start: bytes) -> Packing | None:
    """How a file is packed that begins so; None for not at all."""
    if start.startswith(b"\x1f\x8b"):
        return GZIP
    # a frame to be skipped may come first
    skipped = start[1:] == b"*M\x18" and 0x50 <= start[0] <= 0x5F  # noqa: PLR2004 - the format's
    return ZSTD if start == b"\x28\xb5\x2f\xfd" or skipped else None
