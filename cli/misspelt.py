"""Warnings of variables with our prefix that are no setting, so that a misspelt one is not missed."""

from __future__ import annotations

from .output import say


def warn_of_misspelt() -> None:
    """Name each on standard error, with the setting that it may have been meant for."""
    from .all_settings import unknown_variables  # noqa: PLC0415 - not for a look at the help

    for name, closest in unknown_variables().items():
        hint = f"; did you mean {closest}?" if closest else ""
        say(f"warning: {name} is no setting, and has no effect{hint}")
