"""The producer's settings from where a framework keeps its own, and the rest from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike, fspath
from typing import Any

from trailkeeper.producer.settings import ProducerSettings, changed, read, variable


def settings_with(values: Mapping[str, Any]) -> ProducerSettings:
    """The settings of `emit` with these values.

    Args:
        values: by the names of `ProducerSettings`, in upper or lower case. Text is read like a variable of
            the environment, and files may be paths.

    Raises:
        SettingsError: a setting is wrong or unknown, here or in the environment.
    """
    plain = {name.lower(): _plain(value) for name, value in values.items()}
    texts = {name for name in ProducerSettings.__struct_fields__ if isinstance(plain.get(name), str)}
    read_texts = read(ProducerSettings, {variable(name): plain[name] for name in texts})
    return changed(read(ProducerSettings), plain | {name: getattr(read_texts, name) for name in texts})


def _plain(value: Any) -> Any:
    if isinstance(value, PathLike):
        return fspath(value)
    return [_plain(item) for item in value] if isinstance(value, list | tuple | set) else value
