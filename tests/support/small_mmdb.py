"""Writes small MaxMind-format files (MaxMind DB, version 2.0): a few networks, any records."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

MARKER = b"\xab\xcd\xefMaxMind.com"
STRING, DOUBLE, UINT16, UINT32, MAP, INT32, UINT64, ARRAY = 2, 3, 5, 6, 7, 8, 9, 11
CORRUPT = object()
"""A record whose bytes are a pointer to nowhere."""


def write_mmdb(
    path: Path,
    networks: Mapping[str, Any],
    *,
    kind: str = "Small-City",
    built: str = "2024-02-01",
    version: int = 6,
) -> Path:
    """A file of *kind* with one record a network, moved into place whole."""
    data, leaves = b"", []
    for network, record in networks.items():
        leaves.append((_bits(network, version), len(data)))
        data += _encoded(record)
    nodes = _tree(leaves)
    metadata = {
        "binary_format_major_version": (UINT16, 2), "binary_format_minor_version": (UINT16, 0),
        "build_epoch": (UINT64, int(datetime.fromisoformat(built).replace(tzinfo=UTC).timestamp())),
        "database_type": kind, "description": {"en": "small"}, "ip_version": (UINT16, version),
        "languages": ["en"], "node_count": (UINT32, len(nodes)), "record_size": (UINT16, 24),
    }  # fmt: skip
    new = path.with_name(path.name + ".new")
    new.write_bytes(_packed(nodes) + bytes(16) + data + MARKER + _encoded(metadata))
    new.replace(path)
    return path


def asn(number: int, operator: str) -> dict[str, Any]:
    """A record of GeoLite2-ASN."""
    return {"autonomous_system_number": number, "autonomous_system_organization": operator}


def _bits(network: str, version: int) -> str:
    parsed = ip_network(network)
    bits = f"{int(parsed.network_address):0{parsed.max_prefixlen}b}"[: parsed.prefixlen]
    return "0" * 96 + bits if (parsed.version, version) == (4, 6) else bits


def _tree(leaves: list[tuple[str, int]]) -> list[list[Any]]:
    nodes: list[list[Any]] = [[None, None]]
    for bits, offset in leaves:
        node = 0
        for bit in map(int, bits[:-1]):
            if nodes[node][bit] is None:
                nodes.append([None, None])
                nodes[node][bit] = len(nodes) - 1
            node = nodes[node][bit]
        nodes[node][int(bits[-1])] = ("data", offset)
    return nodes


def _packed(nodes: list[list[Any]]) -> bytes:
    def value(record: Any) -> int:
        if record is None:
            return len(nodes)
        return len(nodes) + 16 + record[1] if isinstance(record, tuple) else int(record)

    return b"".join(value(record).to_bytes(3, "big") for node in nodes for record in node)


def _encoded(value: Any) -> bytes:
    if value is CORRUPT:
        return b"\x3f\xff\xff\xff\xff"
    if isinstance(value, dict):
        return _control(MAP, len(value)) + b"".join(_encoded(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return _control(ARRAY, len(value)) + b"".join(map(_encoded, value))
    if isinstance(value, float):
        return _control(DOUBLE, 8) + struct.pack(">d", value)
    if isinstance(value, str):
        return _control(STRING, len(value.encode())) + value.encode()
    kind, number = value if isinstance(value, tuple) else (UINT32, value)
    written: bytes = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return _control(kind, len(written)) + written


def _control(kind: int, size: int) -> bytes:
    short, more = (size, b"") if size < 29 else (29, bytes([size - 29]))
    return bytes([kind << 5 | short]) + more if kind <= MAP else bytes([short, kind - MAP]) + more
