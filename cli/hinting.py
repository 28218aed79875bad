"""Groups of commands that help whoever misspelt one."""

from __future__ import annotations

import difflib

import click


class Hinting(click.Group):
    """A group that names the most similar command where there is none of the name given."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """See `click.Group`.

        Raises:
            UsageError: there is no such command.
        """
        names = self.list_commands(ctx)
        if args and not args[0].startswith("-") and args[0] not in names:
            close = difflib.get_close_matches(args[0], names, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"expected one of: {', '.join(names)}"
            raise click.UsageError(f"no such command: {args[0]!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)
