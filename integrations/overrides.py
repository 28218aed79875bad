"""The producer's settings from where a framework keeps its own, and the rest from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike, fspath
from typing import Any

from trailkeeper.producer.settings import ProducerSettings, changed, read


def settings_with(values: Mapping[str, Any]) -> ProducerSettings:
    """The settings of `emit` with these values.

    Args:
        values: by the names of `ProducerSettings`, in upper or lower case; files may be paths.

    Raises:
        SettingsError: a setting is wrong or unknown, here or in the environment.
    """
    return changed(read(ProducerSettings), {name.lower(): _plain(value) for name, value in values.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, PathLike):
        return fspath(value)
    return [_plain(item) for item in value] if isinstance(value, list | tuple | set) else value
