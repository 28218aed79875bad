"""Bytes to Postgres and back as they are, by COPY in its binary format.

As a parameter they would be written in hexadecimal and read back, on both sides:
of what it costs to let lines wait, that was three quarters.
"""

from __future__ import annotations

import io
import struct

from sqlalchemy import Connection

from trailkeeper.models.engine import copy

SIGNATURE = b"PGCOPY\n\xff\r\n\0"
HEADER = SIGNATURE + struct.pack("!ii", 0, 0)
TRAILER = struct.pack("!h", -1)
FIELD = struct.Struct("!hi")
"""How many fields a row has, and the length of the first."""

_BLOCK = struct.Struct("!hiiiqi")


def copy_block_in(connection: Connection, identity: int, last_line: int, content: bytes) -> None:
    """Add a row to `backfill_blocks`.

    Raises:
        StoreError: the transaction is spoilt.
    """
    keys = _BLOCK.pack(3, 4, identity, 8, last_line, len(content))
    copy(
        connection,
        "COPY backfill_blocks (backfill_id, last_line, content) FROM STDIN (FORMAT binary)",
        io.BytesIO(b"".join((HEADER, keys, content, TRAILER))),
    )


def copy_block_out(connection: Connection, identity: int, last_line: int) -> bytes | None:
    """The content of a row of `backfill_blocks`; None if there is none.

    Raises:
        StoreError: the transaction is spoilt.
    """
    row = f"backfill_id = {int(identity)} AND last_line = {int(last_line)}"
    copied = io.BytesIO()
    copy(
        connection,
        f"COPY (SELECT content FROM backfill_blocks WHERE {row}) TO STDOUT (FORMAT binary)",  # noqa: S608 - numbers
        copied,
    )
    begin = len(HEADER) + FIELD.size
    if copied.tell() < begin:  # nothing but the trailer
        return None
    _, size = FIELD.unpack_from(copied.getbuffer(), len(HEADER))
    return bytes(copied.getbuffer()[begin : begin + size])
