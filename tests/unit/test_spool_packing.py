"""What the spool wrote is known again, and what it did not write is known as well."""

from __future__ import annotations

import json
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailkeeper.producer.spool.packing import pack, unpack

FIELDS = st.dictionaries(st.binary(max_size=20), st.binary(max_size=200), max_size=5)


@given(FIELDS)
def test_fields_come_back_as_they_were(fields: dict[bytes, bytes]) -> None:
    assert unpack(pack(fields)) == fields


@given(FIELDS, st.data())
def test_a_changed_byte_makes_it_a_dead_letter(fields: dict[bytes, bytes], data: st.DataObject) -> None:
    packed = bytearray(pack(fields))
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    found = unpack(bytes(packed))
    assert json.loads(found[b"invalid"])["problem"] == "it was damaged in the spool: its checksum is wrong"
    assert found[b"e"] == bytes(packed[4:])


@pytest.mark.parametrize("packed", [b"", b"\x00", None, 7, "text", crc32(b"\xc1").to_bytes(4) + b"\xc1"])
def test_anything_at_all_is_survived(packed: Any) -> None:
    assert b"it was damaged in the spool" in unpack(packed)[b"invalid"]
