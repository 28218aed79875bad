"""What a check found, how bad it is, and what to do."""

from __future__ import annotations

from typing import Literal

import msgspec

Severity = Literal["ok", "warning", "problem"]


class Finding(msgspec.Struct, frozen=True):
    """What a check found.

    Attributes:
        check: what was checked, in two or three words.
        severity: ``problem`` loses events or stops the pipeline; ``warning`` may one day.
        found: one sentence.
        advice: what to do; empty if nothing.
    """

    check: str
    severity: Severity
    found: str
    advice: str = ""


def ok(check: str, found: str) -> Finding:
    """Nothing to do."""
    return Finding(check, "ok", found)


def warning(check: str, found: str, advice: str) -> Finding:
    """It works now, and may fail one day."""
    return Finding(check, "warning", found, advice)


def problem(check: str, found: str, advice: str) -> Finding:
    """Events are lost or not stored, now or after the next crash."""
    return Finding(check, "problem", found, advice)
