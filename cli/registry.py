"""Which commands there are. A command `some-thing` is `command` in cli/commands/some_thing.py."""

from __future__ import annotations

from typing import Any

COMMANDS = {
    "up": "Run the whole pipeline on this machine, in the foreground.",
    "migrate": "Bring the database to the schema of this version.",
    "config": "Show every setting, its value and what it means.",
}
"""Name to summary; a test holds the summaries against the commands' own."""

SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
