"""`trailkeeper config`: what every setting is, where it comes from and what it means."""

from __future__ import annotations

import click

from trailkeeper.cli.all_settings import Setting, all_settings, unknown_variables
from trailkeeper.cli.errors import WRONG_CALL
from trailkeeper.cli.output import UNKNOWN, print_json, print_wrapped, say


@click.command("config")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(as_json: bool) -> int:
    """Show every setting, its value and what it means.

    Checks what the programs would check at their start: forms, files, keys, addresses.
    Secrets are masked. Exit code 2 if a value is wrong or a TRAILKEEPER_ variable is
    unknown; all of them are named.
    """
    settings, unknown = all_settings(), unknown_variables()
    if as_json:
        print_json({"settings": settings, "unknown": unknown})
    else:
        for setting in settings:
            _show(setting)
    # one sentence may be about several settings
    problems = dict.fromkeys(setting.problem for setting in settings if setting.problem)
    for problem in problems:
        say(f"wrong: {problem}")
    for name, closest in unknown.items():
        say(f"unknown: {name}; {f'did you mean {closest}?' if closest else 'there is no such setting'}")
    return WRONG_CALL if unknown or problems else 0


def _show(setting: Setting) -> None:
    source = "wrong" if setting.problem else ("set" if setting.is_set else "default")
    value = UNKNOWN if setting.value is None else setting.value
    print_wrapped(f"{setting.variable}  {value}  ({source})")
    print_wrapped(setting.meaning, indent=4)
