"""`trailkeeper config`: what every setting is, where it comes from and what it means."""

from __future__ import annotations

import click

from trailkeeper.cli.all_settings import Setting, all_settings, unknown_variables
from trailkeeper.cli.output import print_json, print_table, say


@click.command("config")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(as_json: bool) -> int:
    """Show every setting, its value and what it means.

    Secrets are masked. Exit code 2 if a value is wrong or a TRAILKEEPER_
    variable is unknown.
    """
    settings, unknown = all_settings(), unknown_variables()
    if as_json:
        print_json({"settings": settings, "unknown": unknown})
    else:
        print_table(["variable", "value", "from", "meaning"], map(_row, settings))
    for setting in settings:
        if setting.problem:
            say(f"wrong: {setting.problem}")
    for name, closest in unknown.items():
        say(f"unknown: {name}; {f'did you mean {closest}?' if closest else 'there is no such setting'}")
    return 2 if unknown or any(setting.problem for setting in settings) else 0


def _row(setting: Setting) -> tuple[object, ...]:
    source = "wrong" if setting.problem else ("set" if setting.is_set else "default")
    return setting.variable, setting.value, source, setting.meaning
