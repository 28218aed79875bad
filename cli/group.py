"""The `trailkeeper` command; each subcommand is imported when it is called, so that `--help` is quick."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence

import click

from .extras import missing
from .hinting import Hinting
from .registry import COMMANDS, SETTINGS
from .standard_output import telling

INTERRUPTED = 130
BROKEN_PIPE = 141


class Lazy(Hinting):
    """A group that knows its commands' names and summaries without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """In the order of the registry."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import one command."""
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"trailkeeper.cli.commands.{name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the registry's summaries."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=Lazy, context_settings=SETTINGS, epilog="Settings are TRAILKEEPER_* variables: trailkeeper config."
)
@click.version_option(package_name="trailkeeper", message="%(prog)s %(version)s")
def trailkeeper() -> None:
    """Keep an audit trail: run the pipeline, inspect it, query it."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line.

    Returns:
        The exit code; what went wrong is on standard error by then, in one line.
    """
    try:
        _refuse_no_text(arguments)
        with telling():
            result = trailkeeper.main(args=list(arguments), prog_name="trailkeeper", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.ClickException as error:
        return _complain(_usage(error), 2)
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        return BROKEN_PIPE  # click turns the former into the latter
    except Exception as error:  # noqa: BLE001 - the last line of defence against a traceback
        return _translate(error, arguments)
    return result if isinstance(result, int) else 0


def _refuse_no_text(arguments: Sequence[str]) -> None:
    """Refuse bytes that are no UTF-8, which nothing can store; names of files may have them."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError as error:
            if not any(os.path.lexists(text) for text in (argument, argument.partition("=")[2])):
                raise click.UsageError(f"{argument!a} is not UTF-8") from error


def _usage(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    where = f" ({context.command_path} --help)" if context is not None else ""
    return " ".join(error.format_message().split()) + where


def _translate(error: Exception, arguments: Sequence[str]) -> int:
    from .settings import is_debugging  # noqa: PLC0415 - slow, and only needed when something is wrong

    if isinstance(error, ModuleNotFoundError) and not is_debugging():
        return _complain(missing(error, arguments), 1)
    from .errors import explain, unexpected  # noqa: PLC0415 - as above

    explained = explain(error)
    if explained is not None:
        return _complain(*explained)
    if is_debugging():
        raise error
    return _complain(unexpected(error), 1)


def _complain(message: str, code: int) -> int:
    from .output import say  # noqa: PLC0415 - as above

    say(f"trailkeeper: {message}")
    return code
