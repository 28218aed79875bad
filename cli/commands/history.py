"""`trailkeeper history`: what was done to, in or by somebody, as one viewer may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from trailkeeper.cli.ids import stored_id
from trailkeeper.cli.places import EventKeyParam
from trailkeeper.cli.times import Moment
from trailkeeper.cli.viewers import ViewerParam
from trailkeeper.views.viewer import Viewer

if TYPE_CHECKING:
    from trailkeeper.models.histories import EventKey

ABOUT = ("user", "project", "organization", "actor", "all")
FORMATS = ("csv", "json", "table")


@click.command("history")
@click.argument("about", type=click.Choice(ABOUT))
@click.argument("identity", type=stored_id, metavar="[ID]", required=False)
@click.option(
    "--tag",
    "tags",
    multiple=True,
    help="Only this tag; account:login:* for all that begin like this. Repeatable.",
)
@click.option(
    "--since", type=Moment(), help="Only from this time on: 24h, yesterday, 2026-11-24, 2026-11-24T16:00Z."
)
@click.option("--until", type=Moment(), help="Only before this time.")
@click.option("--actor", type=stored_id, metavar="ID", help="Only what this actor did.")
@click.option("--address", help="Only from this address or network.")
@click.option("--country", "country_code", metavar="CODE", help="Only from this country: two letters.")
@click.option("--asn", metavar="NUMBER", help="Only from this autonomous system: AS13335.")
@click.option("--client", help="Only with this client: a name (Firefox) or a kind (browser).")
@click.option("--via-service", is_flag=True, help="Only by services, API tokens, trusted publishers.")
@click.option("--text", help="Only where `additional` holds this text.")
@click.option(
    "--as-viewer",
    "viewer",
    type=ViewerParam(),
    default="admin",
    metavar="WHO",
    show_default=True,
    help="Through whose eyes: public, or user:ID,owner:PROJECT,maintainer:PROJECT,org-owner:ORGANIZATION …",
)
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Show at most this many."
)
@click.option(
    "--before", type=EventKeyParam(), metavar="ID", help="Only events older than this: ID or SCOPE/ID."
)
@click.option(
    "--follow", "following", is_flag=True, help="Newest last, then new ones as they come, until Ctrl-C."
)
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True)
def command(
    viewer: Viewer, limit: int, before: EventKey | None, following: bool, form: str, **filters: Any
) -> None:
    """Show events, newest first.

    ABOUT and ID say whose: a user's history holds what was done to, by and on
    behalf of that user. ID is the stable id; a name is looked up among recent
    events. `all` takes no ID. Without --as-viewer nothing is redacted, as for an
    administrator. Reading is not recorded here, as whoever runs this command
    holds the database's password.
    """
    from trailkeeper.cli.histories import print_history

    about, identity = filters["about"], filters["identity"]
    if about == "all" and identity is not None:
        raise click.UsageError(f"`history all` takes no ID; expected none, not {identity!r}")
    if about != "all" and identity is None:
        raise click.UsageError(f"whose history? expected an ID: trailkeeper history {about} ID")

    print_history(viewer, limit=limit, before=before, following=following, form=form, **filters)
