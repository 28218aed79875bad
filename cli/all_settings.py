"""Every setting of producer, worker, views and command, with its meaning from the docstrings."""

from __future__ import annotations

import difflib
import inspect
import re
from functools import cache
from typing import Any

import msgspec

from trailkeeper.producer.errors import SettingsError
from trailkeeper.producer.settings import ProducerSettings, is_secret, read, variable
from trailkeeper.views.settings import ViewsSettings
from trailkeeper.worker.settings import WorkerSettings

from .setting_checks import problem_with
from .settings import CliSettings, our_variables
from .urls import without_password

KINDS: dict[str, type[msgspec.Struct]] = {
    "producer": ProducerSettings,
    "worker": WorkerSettings,
    "views": ViewsSettings,
    "command": CliSettings,
}
ATTRIBUTE = re.compile(r"^(\w+): (.*(?:\n {2,}.*)*)", re.MULTILINE)


class Setting(msgspec.Struct, frozen=True):
    """One environment variable.

    Attributes:
        variable: its name.
        value: the one in force, with secrets masked; None for none.
        is_set: whether the environment has it; otherwise it is the default.
        meaning: one sentence.
        used_by: the packages that read it.
        problem: why its value is invalid, or None.
    """

    variable: str
    value: str | None
    is_set: bool
    meaning: str
    used_by: list[str]
    problem: str | None


def all_settings() -> list[Setting]:
    """Every setting, by name. Where packages share one, the first to declare it says what it means."""
    users: dict[str, list[str]] = {}
    for package, kind in KINDS.items():
        for field in msgspec.structs.fields(kind):
            users.setdefault(field.name, []).append(package)
    return [_setting(name, packages) for name, packages in sorted(users.items())]


def unknown_variables() -> dict[str, str | None]:
    """Variables with our prefix that are not a setting, each with the most similar setting."""
    known = {variable(field.name) for kind in KINDS.values() for field in msgspec.structs.fields(kind)}
    unknown = sorted(set(our_variables()) - known)
    return {name: next(iter(difflib.get_close_matches(name, known, n=1)), None) for name in unknown}


def _setting(name: str, packages: list[str]) -> Setting:
    kind = KINDS[packages[0]]
    text = our_variables().get(variable(name))
    default = next(field.default for field in msgspec.structs.fields(kind) if field.name == name)
    return Setting(
        variable=variable(name),
        value=_masked(name, text if text is not None else default),
        is_set=text is not None,
        meaning=_meanings(kind).get(name, ""),
        used_by=packages,
        problem=_problem(name, packages),
    )


def _problem(name: str, packages: list[str]) -> str | None:
    # the settings of the connection to Redis are valid or not only together
    together = {variable(name)} | ({variable("redis_url")} if name.startswith("redis_tls") else set())
    if name == "redis_url":
        together |= {each for each in our_variables() if each.startswith(variable("redis_tls"))}
    environ = {key: value for key, value in our_variables().items() if key in together}
    value: Any = None
    for package in packages:
        try:
            value = getattr(read(KINDS[package], environ), name)
        except SettingsError as error:
            return str(error)
    return problem_with(name, value) if variable(name) in environ else None


def _masked(name: str, value: Any) -> str | None:
    if value is None or value == ():
        return None
    if name.endswith("url"):
        return without_password(value)
    if is_secret(name):
        return "***"
    return str(value).lower() if isinstance(value, bool) else str(value)


@cache
def _meanings(kind: type[msgspec.Struct]) -> dict[str, str]:
    described = inspect.getdoc(kind) or ""
    attributes = inspect.cleandoc(described.partition("Attributes:")[2])
    return {name: " ".join(text.replace("``", "`").split()) for name, text in ATTRIBUTE.findall(attributes)}
