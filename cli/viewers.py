"""Viewers as people type them: ``user:42,owner:7`` is user 42, who owns project 7."""

from __future__ import annotations

from typing import Any

import click

from trailkeeper.views.viewer import ANYBODY, Membership, Viewer

MEMBERSHIPS: dict[str, tuple[str, Membership]] = {
    "owner": ("projects", "owner"),
    "maintainer": ("projects", "maintainer"),
    "org-owner": ("organizations", "owner"),
    "org-maintainer": ("organizations", "maintainer"),
}
WHOLE = {"public": ANYBODY, "admin": Viewer(staff=True)}
EXPECTED = f"public, admin, or some of user:ID, {':ID, '.join(MEMBERSHIPS)}:ID joined by commas"


class ViewerParam(click.ParamType[Viewer]):
    """Who reads a history."""

    name = "viewer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Viewer:
        """Parse it.

        Raises:
            click.BadParameter: it is not a viewer.
        """
        if isinstance(value, Viewer):
            return value
        try:
            return WHOLE.get(value) or _viewer(value)
        except ValueError as error:
            self.fail(f"{error}; expected {EXPECTED}", param, ctx)


def _viewer(text: str) -> Viewer:
    user: str | None = None
    roles: dict[str, dict[str, Membership]] = {"projects": {}, "organizations": {}}
    for part in text.split(","):
        kind, _, identity = part.strip().partition(":")
        if not identity or (kind != "user" and kind not in MEMBERSHIPS) or (kind == "user" and user):
            raise ValueError(f"{part.strip()!r} is not a viewer, or repeated")
        if kind == "user":
            user = identity
        else:
            places, role = MEMBERSHIPS[kind]
            roles[places][identity] = role
    return Viewer(user_id=user, projects=roles["projects"], organizations=roles["organizations"])
