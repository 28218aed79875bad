"""One finding: how bad it is, what was found, what to do."""

from __future__ import annotations

from typing import Literal

import msgspec

Severity = Literal["ok", "warning", "problem"]


class Finding(msgspec.Struct, frozen=True):
    """What a check found.

    Attributes:
        check: what was looked at, in two or three words.
        severity: ``problem`` loses events or stops the pipeline; ``warning`` may one day.
        found: one sentence.
        advice: what to do; empty when all is well.
    """

    check: str
    severity: Severity
    found: str
    advice: str = ""


def ok(check: str, found: str) -> Finding:
    """All is well."""
    return Finding(check, "ok", found)


def warning(check: str, found: str, advice: str) -> Finding:
    """It works, and may not one day."""
    return Finding(check, "warning", found, advice)


def problem(check: str, found: str, advice: str) -> Finding:
    """Events are lost or not stored, now or after the next crash."""
    return Finding(check, "problem", found, advice)
