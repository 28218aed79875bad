"""A message as bytes, with a checksum that shows damage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from zlib import crc32

import msgspec

CHECK_BYTES = 4

_decoder = msgspec.msgpack.Decoder(dict[bytes, bytes])


def pack(fields: Mapping[bytes, bytes]) -> bytes:
    """The fields of a stream entry, with a checksum before them."""
    content = msgspec.msgpack.encode(fields)
    return crc32(content).to_bytes(CHECK_BYTES) + content


def unpack(packed: Any) -> dict[bytes, bytes]:
    """The fields as they were packed. A damaged message is marked ``invalid``, and becomes a dead letter.

    Args:
        packed: from a file that may hold anything.
    """
    raw = packed if isinstance(packed, bytes) else str(packed).encode()
    check, content = raw[:CHECK_BYTES], raw[CHECK_BYTES:]
    problem = "its checksum is wrong"
    if check == crc32(content).to_bytes(CHECK_BYTES):
        try:
            return _decoder.decode(content)
        except msgspec.DecodeError as error:
            problem = str(error)
    invalid = json.dumps({"problem": f"it was damaged in the spool: {problem}"})
    return {b"e": content, b"invalid": invalid.encode()}
