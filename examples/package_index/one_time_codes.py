"""The second factor: time-based codes of six digits (RFC 6238), and recovery codes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct

STEP = 30  # seconds
DRIFT = 1  # steps that a phone's clock may be off
RECOVERY_CODES = 8


def new_secret() -> str:
    """A secret for an authenticator application, in base 32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, step: int) -> str:
    """The code of one step, counted from 1970."""
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    offset = mac[-1] & 15
    number = struct.unpack(">I", mac[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def accepted_step(secret: str, code: str, *, now: float, after: int) -> int | None:
    """The step that *code* belongs to, None where it is wrong, too old or used already.

    Args:
        now: seconds since 1970.
        after: the last step that was accepted, so that an overheard code cannot be used again.
    """
    current = int(now) // STEP
    for step in range(max(current - DRIFT, after + 1), current + DRIFT + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()):
            return step
    return None


def new_recovery_codes() -> list[str]:
    """Codes that each work once in place of a code from the phone."""
    return [secrets.token_hex(8) for _ in range(RECOVERY_CODES)]
