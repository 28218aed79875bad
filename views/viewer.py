"""The viewer as a value: nothing about them is looked up while a question is answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

import msgspec
from msgspec.structs import force_setattr

from trailkeeper.producer.validation.arguments import id_of
from trailkeeper.producer.validation.text import shortened

Membership = Literal["owner", "maintainer"]


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """A person, or nobody in particular, with their roles as the application says.

    Ids are text, integers or UUIDs, and kept as `emit` keeps them, so that people find what they did.

    Attributes:
        user_id: the stable id; None if nobody is signed in.
        projects: role by project id.
        organizations: role by organization id.
        staff: an administrator, who sees everything.

    Raises:
        ValueError: a value cannot be meant: it says which, and what was expected.
    """

    user_id: str | None = None
    projects: dict[str, Membership] = {}
    organizations: dict[str, Membership] = {}
    staff: bool = False

    def __post_init__(self) -> None:
        if type(self.staff) is not bool:  # "false" must not make an administrator
            raise ValueError(f"staff is {shortened(self.staff)}; expected True or False")
        if self.user_id is not None:
            force_setattr(self, "user_id", _id("user_id", self.user_id))
        for name in ("projects", "organizations"):
            if roles := getattr(self, name):
                force_setattr(self, name, _roles(name, roles))

    @property
    def is_visitor(self) -> bool:
        """Whether it is nobody in particular, who sees what all see."""
        return self == ANYBODY


def _id(name: str, value: Any) -> str:
    text = id_of(name, value)
    if not text or "\0" in text:
        raise ValueError(f"{name} is {shortened(value)}; expected an id, without NUL")
    return text


def _roles(name: str, roles: Any) -> dict[str, Any]:
    wrong = roles if not isinstance(roles, Mapping) else set(roles.values()) - set(get_args(Membership))
    if wrong:
        raise ValueError(f"{name} is {shortened(roles)}; expected 'owner' or 'maintainer' by id")
    return {_id(name, identity): role for identity, role in roles.items()}


ANYBODY = Viewer()
