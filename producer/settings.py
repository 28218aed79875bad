"""The producer's settings; the one module of this package that reads the environment.

A setting ``emit_budget_ms`` is the variable ``TRAILKEEPER_EMIT_BUDGET_MS``. The
worker and the command declare settings of their own in the same way and read
them with `read`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from .errors import SettingsError

PREFIX = "TRAILKEEPER_"

Milliseconds = Annotated[int, msgspec.Meta(gt=0, le=60_000)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Url = Annotated[str, msgspec.Meta(min_length=1)]
Paths = tuple[str, ...]
"""Several paths in one variable, separated as PATH is (by ``:``)."""

Items = Annotated[tuple[str, ...], msgspec.Meta(extra={"separator": ","})]
"""Several words in one variable, separated by commas."""


class ProducerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What `emit` needs to know.

    Attributes:
        redis_url: where events go: ``redis://``, ``rediss://`` or ``unix://``.
        stream: key of the Redis Stream.
        catalogue: TOML files with the application's own event types.
        emit_budget_ms: the longest that one `emit` may take in all, in milliseconds.
        breaker_seconds: after Redis did not answer, how long the next calls do not ask it.
        on_invalid: ``raise`` InvalidEvent, or ``quarantine`` the event as a dead letter.
        trusted_proxies: addresses and networks whose ``X-Forwarded-For`` is believed.
    """

    redis_url: Url = "redis://127.0.0.1:6379/0"
    stream: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] = "trailkeeper:events"
    catalogue: Paths = ()
    emit_budget_ms: Milliseconds = 250
    breaker_seconds: Seconds = 5.0
    on_invalid: Literal["raise", "quarantine"] = "raise"
    trusted_proxies: Items = ()


S = TypeVar("S", bound=msgspec.Struct)


def read(kind: type[S], environ: Mapping[str, str] | None = None) -> S:
    """Settings of one kind from the environment.

    Raises:
        SettingsError: names the variable, its value and what was expected.
    """
    environ = os.environ if environ is None else environ
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    given = {name: environ[variable(name)] for name in fields if variable(name) in environ}
    return kind(**{name: _convert(name, text, fields[name].type) for name, text in given.items()})


def variable(name: str) -> str:
    """The environment variable of a setting: ``stream`` is ``TRAILKEEPER_STREAM``."""
    return PREFIX + name.upper()


def _convert(name: str, text: str, kind: Any) -> Any:
    try:
        return msgspec.convert(_split(text, kind), kind, strict=False)
    except msgspec.ValidationError as error:
        shown = "a secret" if name.endswith("url") else repr(text)
        raise SettingsError(f"{variable(name)} is {shown}; {_expected(error)}") from error


def _split(text: str, kind: Any) -> Any:
    described = msgspec.inspect.type_info(kind)
    separator = os.pathsep
    if isinstance(described, msgspec.inspect.Metadata):
        separator = (described.extra or {}).get("separator", separator)
        described = described.type
    if isinstance(described, msgspec.inspect.VarTupleType):
        return [item.strip() for item in text.split(separator) if item.strip()]
    return text


def _expected(error: msgspec.ValidationError) -> str:
    sentence = str(error).removesuffix("`")
    return sentence[0].lower() + sentence[1:].replace("`", "")
