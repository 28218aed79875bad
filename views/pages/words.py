"""Plain words for codes in events, and safe ways to show untrusted text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from trailkeeper.producer.counted import counted
from trailkeeper.producer.deceptive import DECEPTIVE, plain_text

ACTORS = {
    "user": "Person",
    "service": "Service",
    "staff": "Staff",
    "system": "System",
    "anonymous": "Not signed in",
}
CREDENTIALS = {
    "session": "Session",
    "password": "Password",
    "mailed_code": "Mailed code",
    "api_token": "API token",
    "trusted_publisher": "Trusted publisher",
}
CLIENTS = {
    "browser": "Browser",
    "installer": "Package tool",
    "library": "Program",
    "bot": "Robot",
    "unknown": "Unknown",
}
SCOPES = {"user": "User", "project": "Project", "organization": "Organization", "system": "The trail itself"}
UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
THOUSAND = 1000


def words(code: str) -> str:
    """A code that has no words of its own: ``mailed_code`` is "Mailed code"."""
    return plain(code.replace("_", " ")).capitalize()


def sentence(text: str) -> str:
    """Words as a sentence."""
    return f"{text[:1].upper()}{text[1:]}."


def credential(kind: str) -> str:
    """What an actor proved itself with."""
    return CREDENTIALS.get(kind) or words(kind)


def plain(value: object) -> str:
    """Text on one line, with control characters and marks of writing direction made visible."""
    return plain_text(str(value))


def value(item: Any) -> str:
    """A payload's value as a person reads it; a nested one as JSON."""
    match item:
        case None:
            return "none"
        case bool():
            return "yes" if item else "no"
        case list() if all(isinstance(item, str) for item in item):
            return plain(", ".join(item)) or "none"
        case list() | dict():
            return plain(json.dumps(item, ensure_ascii=False))
        case _:
            return plain(item)


def json_text(item: Any) -> str:
    """JSON over several lines, with every deceptive character escaped."""
    text = json.dumps(item, ensure_ascii=False, indent=2)
    # json.dumps escapes controls itself, so that line ends are its own
    return DECEPTIVE.sub(lambda match: match[0] if match[0] == "\n" else json.dumps(match[0])[1:-1], text)


def number(amount: float) -> str:
    """With commas between thousands."""
    return f"{amount:,}" if isinstance(amount, int) else f"{amount:,.1f}"


def size(length: int) -> str:
    """Bytes in the unit that leaves two or three digits."""
    amount = float(length)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < THOUSAND:
            return f"{amount:.0f} {unit}" if unit == "bytes" or amount >= 10 else f"{amount:.1f} {unit}"  # noqa: PLR2004 - two digits
        amount /= THOUSAND
    return f"{amount:.1f} TB"


def duration(seconds: float) -> str:
    """A length of time in its largest unit."""
    if seconds < 1:
        return f"{max(0.0, seconds) * THOUSAND:.0f} ms"
    length, unit = next(pair for pair in UNITS if seconds >= pair[0])
    amount = int(seconds / length)
    return counted(amount, unit)


def moment(time: datetime | str) -> datetime:
    """A time in UTC, from itself or from the JSON's text."""
    parsed = datetime.fromisoformat(time) if isinstance(time, str) else time
    return parsed.astimezone(UTC)


def day(time: datetime | str) -> str:
    """A day in full."""
    parsed = moment(time)
    return f"{parsed:%A}, {parsed.day} {parsed:%B %Y}"


def exact(time: datetime | str) -> str:
    """To the microsecond, in UTC."""
    return f"{moment(time):%Y-%m-%d %H:%M:%S.%f} UTC"


def to_the_second(time: datetime | str) -> str:
    """Day and time in UTC."""
    parsed = moment(time)
    return f"{parsed.day} {parsed:%b %Y, %H:%M:%S}"


def iso(time: datetime | str) -> str:
    """For the `datetime` of a `time` element."""
    return moment(time).isoformat(timespec="microseconds").replace("+00:00", "Z")
