"""A message as the fields of a stream entry."""

from __future__ import annotations


def fields_of(payload: bytes, invalid: bytes | None, signature: bytes | None) -> dict[bytes, bytes]:
    """What XADD appends: ``e``, and ``invalid`` and ``s`` where there is something to say."""
    fields = {b"e": payload}
    if invalid is not None:
        fields[b"invalid"] = invalid
    if signature is not None:
        fields[b"s"] = signature
    return fields
