"""Asking before something is changed for many, or for good."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar, cast

import click

from .errors import Failed

F = TypeVar("F", bound=Callable[..., Any])
DRY_RUN = "dry_run"


def _unless_dry_run(options: Mapping[str, Any]) -> bool:
    return not options.get(DRY_RUN)


def asking(question: str, changes: Callable[[Mapping[str, Any]], bool] = _unless_dry_run) -> Callable[[F], F]:
    """Let a command ask before it does something, and give it the option --yes.

    Args:
        question: what it is about to do, as a question; ``{name}`` stands for an argument of the command.
        changes: whether it will change anything, by its arguments.
    """

    def decorate(command: F) -> F:
        @wraps(command)
        def asked(*, yes: bool, **options: Any) -> Any:
            if yes and options.get(DRY_RUN):
                raise click.UsageError("expected either --dry-run or --yes")
            if changes(options) and not yes:
                _ask(question.format(**options), can_try=DRY_RUN in options)
            return command(**options)

        return cast(F, click.option("--yes", is_flag=True, help="Do it without asking.")(asked))

    return decorate


def _ask(question: str, *, can_try: bool) -> None:
    if not sys.stdin.isatty():
        expected = "either --dry-run or --yes" if can_try else "--yes"
        raise click.UsageError(f"expected {expected}, as there is no terminal to ask at: {question}")
    if not click.confirm(question, default=False, err=True):
        raise Failed("nothing was changed")
