"""The viewer as a value: nothing about them is looked up while a question is answered."""

from __future__ import annotations

from typing import Literal

import msgspec

Membership = Literal["owner", "maintainer"]


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """A person, or nobody in particular, with their roles as the application says.

    Attributes:
        user_id: the stable id; None if nobody is signed in.
        projects: role by project id.
        organizations: role by organization id.
        staff: an administrator, who sees everything.
    """

    user_id: str | None = None
    projects: dict[str, Membership] = {}
    organizations: dict[str, Membership] = {}
    staff: bool = False


ANYBODY = Viewer()
