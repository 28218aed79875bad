"""The `trailkeeper` command. Each subcommand is imported when it is called, so that `--help` is quick."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from .registry import COMMANDS, SETTINGS


class Lazy(click.Group):
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
    """Keep an audit trail: run the pipeline, look at it, ask it."""


def main() -> None:
    """Run the command line and exit; the console script."""
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = _reader_went_away()
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command line.

    Returns:
        The exit code; what went wrong is on standard error by then, in one line.
    """
    try:
        result = trailkeeper.main(args=list(arguments), prog_name="trailkeeper", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.ClickException as error:
        return _complain(_usage(error), 2)
    except (click.Abort, KeyboardInterrupt):
        return 130
    except (BrokenPipeError, SystemExit):
        # click turns the former into the latter
        return _reader_went_away()
    except Exception as error:  # noqa: BLE001 - the last line of defence against a traceback
        return _translate(error)
    return result if isinstance(result, int) else 0


def _usage(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    where = f" ({context.command_path} --help)" if context is not None else ""
    return " ".join(error.format_message().split()) + where


def _translate(error: Exception) -> int:
    from .errors import explain, unexpected  # noqa: PLC0415 - slow, and only needed when something is wrong
    from .settings import is_debugging  # noqa: PLC0415 - as above

    found = explain(error)
    if found is not None:
        return _complain(*found)
    if is_debugging():
        raise error
    return _complain(unexpected(error), 1)


def _complain(message: str, code: int) -> int:
    from .output import say  # noqa: PLC0415 - as above

    say(f"trailkeeper: {message}")
    return code


def _reader_went_away() -> int:
    # what is still buffered would be written, and fail again, at exit
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 141


if __name__ == "__main__":
    main()
