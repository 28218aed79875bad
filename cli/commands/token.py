"""`trailkeeper token`: a signed token to read histories with."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import msgspec

from trailkeeper import Actor, configure
from trailkeeper.cli.embedded.redis_config import RedisConfig
from trailkeeper.cli.embedded.secret import kept_secret
from trailkeeper.cli.errors import WRONG_CALL, Failed
from trailkeeper.cli.output import say, show
from trailkeeper.cli.settings import settings as command_settings
from trailkeeper.producer.settings import read, variable
from trailkeeper.views.settings import ViewsSettings
from trailkeeper.views.viewer import Membership, Viewer

HOUR = 60
YEAR = 366 * 24 * 60


@click.command("token")
@click.option("--user", metavar="ID", help="Whose token it is: the user's stable id.")
@click.option("--owner", "owners", multiple=True, metavar="PROJECT", help="Owns this project. Repeatable.")
@click.option("--maintainer", "maintainers", multiple=True, metavar="PROJECT", help="Maintains this project.")
@click.option(
    "--org-owner", "org_owners", multiple=True, metavar="ORG", help="Owns this organization. Repeatable."
)
@click.option(
    "--org-maintainer",
    "org_members",
    multiple=True,
    metavar="ORG",
    help="Maintains this organization. Repeatable.",
)
@click.option("--admin", is_flag=True, help="Sees everything; with --user, reading is recorded by name.")
@click.option(
    "--minutes", type=click.IntRange(1, YEAR), default=HOUR, show_default=True, help="How long it is valid."
)
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="Data folder of the stack [.trailkeeper].",
)
def command(user: str | None, admin: bool, minutes: int, home: Path | None, **roles: tuple[str, ...]) -> None:
    """Print a signed token for the history pages.

    It is signed with TRAILKEEPER_TOKEN_SECRET, or where that is not set with
    the secret of the stack that `trailkeeper up` runs in --home. Issuing it is
    recorded as an event.
    """
    from trailkeeper.views.tokens import mint, token_id

    if user is None and not admin:
        raise Failed("expected --user or --admin; public histories need no token", WRONG_CALL)
    home = home or Path(command_settings().home)
    try:
        viewer = _viewer(user, admin=admin, **roles)
        token = mint(_settings(home), viewer, minutes * 60)
    except ValueError as error:
        raise Failed(str(error), WRONG_CALL) from error
    _record(viewer, token_id(token), datetime.now(UTC) + timedelta(minutes=minutes), home)
    show(token)


def _viewer(user: str | None, *, admin: bool, **roles: tuple[str, ...]) -> Viewer:
    return Viewer(
        user_id=user,
        projects=_memberships(roles["owners"], roles["maintainers"]),
        organizations=_memberships(roles["org_owners"], roles["org_members"]),
        staff=admin,
    )


def _memberships(owned: tuple[str, ...], maintained: tuple[str, ...]) -> dict[str, Membership]:
    lesser: dict[str, Membership] = dict.fromkeys(maintained, "maintainer")
    return lesser | dict.fromkeys(owned, "owner")


def _settings(home: Path) -> ViewsSettings:
    """The views' settings, with the data folder's secret if the environment has no key."""
    configured = read(ViewsSettings)
    if configured.token_secret or configured.token_public_key:
        return configured
    secret = kept_secret(home)
    if secret is None:
        name = variable("token_secret")
        raise Failed(
            f"{name} is not set, and {home} has no secret yet: run `trailkeeper up` with it, or set one"
        )
    return msgspec.structs.replace(configured, token_secret=secret)


def _record(viewer: Viewer, identity: str, expires: datetime, home: Path) -> None:
    redis_url = command_settings().redis_url or _redis_of(home)
    if redis_url is None:
        say(f"not recorded, as {variable('redis_url')} is not set")
        return
    roles = {"projects": viewer.projects, "organizations": viewer.organizations, "staff": viewer.staff}
    receipt = configure(redis_url=redis_url).emit(
        "admin:viewer_token:issue",
        actor=Actor(kind="staff", name=getpass.getuser()),
        additional={
            "viewer": viewer.user_id,
            "token_id": identity,
            "roles": roles,
            "expires": expires.isoformat(timespec="seconds"),
        },
    )
    if receipt.outcome not in {"stream", "spooled"}:
        say("recorded only in the log above: neither Redis nor the spool took it")


def _redis_of(home: Path) -> str | None:
    config = RedisConfig(home / "redis")
    return config.url if config.remembers() else None
