"""The producer's settings; the one module of this package that reads the environment.

The setting ``emit_budget_ms`` is the variable ``TRAILKEEPER_EMIT_BUDGET_MS``. The worker,
the views and the command declare their own settings in the same way, and read them with `read`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import msgspec

from .errors import SettingsError
from .redis_settings import RedisSettings

PREFIX = "TRAILKEEPER_"

Milliseconds = Annotated[int, msgspec.Meta(gt=0, le=60_000)]
Replicas = Annotated[int, msgspec.Meta(ge=0, le=10)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Url = Annotated[str, msgspec.Meta(min_length=1)]
HOST_AND_PORT = r"(\[[^\]\s]*\]|[^\s/?#:@]*)(:\d{1,5})?"
ENCODED = "special characters in a password percent-encoded"
"""Else a part of it is taken for the host or the port, and every error about these would show it."""

REDIS_HOST = HOST_AND_PORT.replace("#:@", "#:@,")
HOSTS = rf"([^@\s/?#]*@)?{REDIS_HOST}(,{REDIS_HOST})*"
REDIS_URL = (
    rf"(rediss?://([^@\s/?#]*@)?{REDIS_HOST}([/?][^@\s]*)?|unix://\S+"
    rf"|rediss?\+sentinel://{HOSTS}/[^@\s]+|rediss?\+cluster://{HOSTS}(/0?)?(\?[^@\s]*)?)"
)
RedisUrl = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"^{REDIS_URL}(\s+{REDIS_URL})*\Z",
        extra={
            "expected": "a URL such as redis://:password@host:6379/0, or of the schemes rediss or unix, or"
            " redis+sentinel://:password@host:26379,host:26379/mymaster/0 or"
            " redis+cluster://:password@host:6379,host:6379, or several with blanks between;"
            f" {ENCODED}"
        },
    ),
]
DatabaseUrl = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"^postgresql\+psycopg2://([^@\s]*@)?{HOST_AND_PORT}([/?][^@\s]*)?\Z",
        extra={
            "expected": f"a URL such as postgresql+psycopg2://user:password@host:5432/database; {ENCODED}"
        },
    ),
]
SECRETS = ("url", "token", "secret", "password", "key", "keys")
"""How the names of settings end that may hold a secret."""
PATHS_OF_KEYS = ("public_key", "tls_key")

SCHEMA = "trailkeeper"
SchemaName = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(?!pg_)[a-z_][a-z0-9_]{0,62}\Z",
        extra={
            "expected": "a name of at most 63 lower-case letters, digits and _, not one that begins with pg_"
        },
    ),
]

Paths = tuple[str, ...]
"""Several paths in one variable, separated like those in PATH (by ``:``)."""

Items = Annotated[tuple[str, ...], msgspec.Meta(extra={"separator": ","})]
"""Several words in one variable, separated by commas."""

SigningKeySetting = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[^:,@\s]+:[^,\s]{32,}$", extra={"expected": "name:secret, the secret of 32 bytes or more"}
    ),
]

FingerprintKey = Annotated[
    str, msgspec.Meta(min_length=32, extra={"expected": "a secret of 32 characters or more"})
]

OFF = "off"
STATE = "~/.local/state"
SPOOL_ADVICE = "set TRAILKEEPER_SPOOL to a file on a disk, or to off"
SpoolPath = Annotated[
    Annotated[str, msgspec.Meta(pattern=r"^off$|\.sqlite$")] | None,
    msgspec.Meta(extra={"expected": "a path that ends in .sqlite, or off"}),
]


class ProducerSettings(RedisSettings, frozen=True, kw_only=True):
    """The settings of `emit`.

    Attributes:
        redis_url: where events go: ``redis://``, ``rediss://`` or ``unix://``; the master that Sentinels
            name, ``redis+sentinel://:password@host:26379,host:26379/NAME/0``; or a Cluster, by some of its
            nodes, ``redis+cluster://:password@host:6379,host:6379``. Several, with blanks between, share the
            events.
        redis_shards: how many streams share the events, at least one for each server of ``redis_url``; the
            same for applications, workers and views.
        redis_replicas: how many replicas of Redis have to have an event before it counts as taken; what too
            few have is spooled as well.
        redis_tls_ca: PEM file of the certificate authorities for ``rediss://``; the system's if not set.
        redis_tls_cert: PEM file of our client certificate.
        redis_tls_key: PEM file of its key, if it is not in the same file.
        stream: key of the Redis Stream.
        schema: the Postgres schema with Trailkeeper's tables.
        catalogue: TOML files with the application's own event types.
        emit_budget_ms: the longest that one `emit` may wait in all, in milliseconds; a second more in bursts.
        breaker_seconds: after Redis refused or did not answer twice, how long the next calls do not try it.
        spool: file that keeps events while Redis does not take them, or ``off``; if not set,
            ``trailkeeper/spool.sqlite`` in the user's state folder (``$XDG_STATE_HOME``, ``~/.local/state``).
        spool_max_mb: how large that file may become, in MiB.
        spool_sync: ``full``: spooled events survive a power failure; ``normal``: only the death of a process.
        on_invalid: what happens to a wrong call of `emit`: ``quarantine`` keeps it as a dead letter and logs
            its place in the code; ``raise``, which tests do by themselves, raises InvalidEvent.
        trusted_proxies: addresses and networks whose ``X-Forwarded-For`` is believed. With any of them, so is
            that of a peer on a Unix socket; ``unix`` stands for such peers alone. ``*`` is refused.
        producer_name: this application's name in sequence numbers; the host's name if not set.
        signing_key: signs every message, as ``name:secret``, with a secret of 32 bytes or more. The worker
            needs the same key in its ``TRAILKEEPER_VERIFY_KEYS``.
        secrets: what happens to a password, token or key in an event: ``redact`` replaces it by a mark,
            ``refuse`` refuses an event with one in its payload, ``allow`` keeps it.
        secret_words: more words in the names of payload keys that mark a secret.
        fingerprint_key: secret of 32 characters or more, the same for applications and workers, for the
            fingerprints of sessions and removed secrets.
    """

    redis_url: RedisUrl = "redis://127.0.0.1:6379/0"
    redis_replicas: Replicas = 0
    stream: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] = "trailkeeper:events"
    schema: SchemaName = SCHEMA
    catalogue: Paths = ()
    emit_budget_ms: Milliseconds = 250
    breaker_seconds: Seconds = 5.0
    spool: SpoolPath = None
    spool_max_mb: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 256
    spool_sync: Literal["full", "normal"] = "full"
    on_invalid: Literal["raise", "quarantine"] = "quarantine"
    trusted_proxies: Items = ()
    producer_name: Annotated[str, msgspec.Meta(min_length=1, max_length=32)] | None = None
    signing_key: SigningKeySetting | None = None
    secrets: Literal["redact", "refuse", "allow"] = "redact"
    secret_words: Items = ()
    fingerprint_key: FingerprintKey | None = None


S = TypeVar("S", bound=msgspec.Struct)


def read(kind: type[S], environ: Mapping[str, str] | None = None) -> S:
    """Read settings of one kind from the environment.

    Raises:
        SettingsError: names the variable, its value and what was expected.
    """
    environ = os.environ if environ is None else environ
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    values = {name: environ[variable(name)] for name in fields if variable(name) in environ}
    return kind(
        **{
            name: _converted(variable(name), text, fields[name].type, strict=False)
            for name, text in values.items()
        }
    )


def variable(name: str) -> str:
    """The environment variable of a setting: ``stream`` is ``TRAILKEEPER_STREAM``."""
    return PREFIX + name.upper()


def spool_path(setting: str | None) -> Path | None:
    """The absolute path of the spool; None if it is off, or there is no home folder to keep it in."""
    if setting == OFF:
        return None
    if setting is not None:
        return _expanded(setting)
    folder = state_folder()
    return None if folder is None else folder / "spool.sqlite"


def spool_problem(setting: str | None) -> str | None:
    """Why the spool will not keep anything, and what to do; None if it will, or is off."""
    path = spool_path(setting)
    if path is None:
        name = setting or f"{STATE}/trailkeeper/spool.sqlite"
        homeless = f"{name} cannot be made, as this user has no home folder; {SPOOL_ADVICE}"
        return None if setting == OFF else homeless
    folder = next(parent for parent in path.parents if parent.exists())
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return None
    return f"{path} cannot be made, as {folder} cannot be written to by this user; {SPOOL_ADVICE}"


def state_folder() -> Path | None:
    """The folder for our files of this user, unless a setting names another; may not exist yet.

    None for a user without a home folder, such as a container's uid that no file of users knows.
    """
    folder = _expanded(os.environ.get("XDG_STATE_HOME") or STATE)
    return None if folder is None else folder / "trailkeeper"


def _expanded(path: str) -> Path | None:
    try:
        return Path(path).expanduser().absolute()
    except RuntimeError:  # whose home it is, nobody knows
        return None


def changed(settings: S, overrides: Mapping[str, Any]) -> S:
    """The settings with some values replaced in code.

    Raises:
        SettingsError: names the setting, its value and what was expected.
    """
    kinds = {field.name: field.type for field in msgspec.structs.fields(settings)}
    for name in overrides.keys() - kinds.keys():
        raise SettingsError(f"no setting is called {name!r}; expected one of: {', '.join(kinds)}")
    values = {name: _converted(name, value, kinds[name], strict=True) for name, value in overrides.items()}
    return msgspec.structs.replace(settings, **values)


def _converted(label: str, value: Any, kind: Any, *, strict: bool) -> Any:
    """The value as the setting's type; from text if not *strict*."""
    try:
        return msgspec.convert(value if strict else _split(value, kind), kind, strict=strict)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{label} is {_safe(label, value)}; {_expected(error, kind)}") from error


def is_secret(name: str) -> bool:
    """Whether the setting, or the variable, of this name may hold a secret."""
    return name.lower().endswith(SECRETS) and not name.lower().endswith(PATHS_OF_KEYS)


def _safe(label: str, value: Any) -> str:
    """The value for an error message, unless it may hold a secret."""
    if not is_secret(label):
        return repr(value)
    scheme, separator, _ = str(value).partition("://")
    is_scheme = separator and scheme.replace("+", "").isalnum()
    return f"a secret ({scheme}://***)" if is_scheme else "a secret"


def _split(text: str, kind: Any) -> Any:
    described = msgspec.inspect.type_info(kind)
    separator = os.pathsep
    if isinstance(described, msgspec.inspect.Metadata):
        separator = (described.extra or {}).get("separator", separator)
        described = described.type
    if isinstance(described, msgspec.inspect.VarTupleType):
        return [item.strip() for item in text.split(separator) if item.strip()]
    return text


def _expected(error: msgspec.ValidationError, kind: Any) -> str:
    if expected := _stated(msgspec.inspect.type_info(kind)):
        return f"expected {expected}"
    if get_origin(kind) is Literal:
        return f"expected one of: {', '.join(get_args(kind))}"
    sentence = str(error).replace("`", "").removesuffix(", got str")
    return sentence[0].lower() + sentence[1:]


def _stated(described: msgspec.inspect.Type) -> str | None:
    """What the type itself says is expected."""
    if isinstance(described, msgspec.inspect.UnionType):
        return next(filter(None, map(_stated, described.types)), None)
    if isinstance(described, msgspec.inspect.Metadata):
        return (described.extra or {}).get("expected") or _stated(described.type)
    return None
