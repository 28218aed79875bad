"""The facts of one event of each tag, as an application would give them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from trailkeeper.producer.event import ANONYMOUS, Actor, Credential, Subject

from .population import Population, an_id

Facts = dict[str, Any]
Maker = Callable[[Population, Random], Facts]
ROLES = ("Owner", "Maintainer")
PYTHONS = ("cp310", "cp311", "cp312")


def login(everybody: Population, random: Random) -> Facts:
    user = everybody.users.take(random)
    payload = {"two_factor_method": random.choice(("totp", "webauthn", "recovery-code"))}
    return _in_browser(everybody, random, user) | {"user": user, "additional": payload}


def failed_login(everybody: Population, random: Random) -> Facts:
    payload = {"reason": random.choice(("invalid_password", "invalid_totp"))}
    facts = _in_browser(everybody, random, ANONYMOUS)
    return facts | {"user": everybody.users.take(random), "additional": payload}


def release(everybody: Population, random: Random) -> Facts:
    facts = _upload(everybody, random)
    return facts | {"additional": {"version": _version(random), **_how(facts)}}


def file(everybody: Population, random: Random) -> Facts:
    facts = _upload(everybody, random)
    name, version, python = facts["project"].name.replace("-", "_"), _version(random), random.choice(PYTHONS)
    wheel = f"{name}-{version}-{python}-{python}-manylinux_2_17_x86_64.whl"
    filename = wheel if random.random() < 0.6 else f"{name}-{version}.tar.gz"
    return facts | {"additional": {"filename": filename, "version": version, **_how(facts)}}


def token(everybody: Population, random: Random) -> Facts:
    facts = _account(everybody, random)
    return facts | {"additional": {"description": f"upload {random.randrange(100)}"}}


def short_lived_token(everybody: Population, random: Random) -> Facts:
    payload = {"expires": 1_790_000_000, "publisher_name": "GitHub", "reusable_workflow_used": False}
    return _by_publisher(everybody, random) | {"additional": payload}


def role(everybody: Population, random: Random) -> Facts:
    target = everybody.users.take(random)
    return _in_browser(everybody, random, everybody.users.take(random)) | {
        "user": target,
        "project": everybody.projects.take(random),
        "additional": {"role_name": random.choice(ROLES), "target_user": target.name},
    }


def organization(everybody: Population, random: Random) -> Facts:
    facts = _in_browser(everybody, random, everybody.users.take(random))
    found = everybody.organizations.take(random)
    return facts | {"organization": found, "additional": {"organization_name": found.name}}


def membership(everybody: Population, random: Random) -> Facts:
    facts = organization(everybody, random)
    facts["additional"]["role_name"] = random.choice(ROLES)
    return facts | {"user": everybody.users.take(random)}


def second_factor(everybody: Population, random: Random) -> Facts:
    return _account(everybody, random) | {"additional": {"method": "totp", "label": "phone"}}


def _account(everybody: Population, random: Random) -> Facts:
    user = everybody.users.take(random)
    return _in_browser(everybody, random, user) | {"user": user}


def _upload(everybody: Population, random: Random) -> Facts:
    if random.random() < 0.4:
        return _by_publisher(everybody, random)
    user = everybody.users.take(random)
    credential = Credential("api_token", an_id(random), f"upload {random.randrange(100)}")
    actor = Actor("user", user.id, user.name, credential)
    return _arrival(everybody, random, everybody.installers.take(random)) | {
        "project": everybody.projects.take(random),
        "actor": actor,
    }


def _by_publisher(everybody: Population, random: Random) -> Facts:
    project = everybody.projects.take(random)
    label = f"{project.name}/{project.name} release.yml"
    actor = Actor(
        "service", "github", "GitHub Actions", Credential("trusted_publisher", an_id(random), label)
    )
    return _arrival(everybody, random, everybody.installers.take(random)) | {
        "project": project,
        "actor": actor,
    }


def _in_browser(everybody: Population, random: Random, who: Subject | Actor) -> Facts:
    """Done by a user in a session, or by an actor as it is."""
    if isinstance(who, Subject):
        who = Actor("user", who.id, who.name, Credential("session", f"{random.getrandbits(128):032x}"))
    return _arrival(everybody, random, everybody.browsers.take(random)) | {"actor": who}


def _arrival(everybody: Population, random: Random, user_agent: str) -> Facts:
    return {
        "ip": everybody.addresses.take(random),
        "user_agent": user_agent,
        "request_id": f"{random.getrandbits(128):032x}",
    }


def _how(facts: Facts) -> Facts:
    return {"uploaded_via_trusted_publisher": facts["actor"].kind == "service"}


def _version(random: Random) -> str:
    return f"{random.randrange(5)}.{random.randrange(20)}.{random.randrange(30)}"


MAKERS: dict[str, Maker] = {
    "account:login:success": login,
    "account:login:failure": failed_login,
    "project:release:add": release,
    "file:add": file,
    "account:api_token:add": token,
    "account:api_token:remove": token,
    "project:short_lived_api_token:add": short_lived_token,
    "project:role:add": role,
    "project:role:change": role,
    "project:role:invite": role,
    "organization:organization_role:add": membership,
    "organization:create": organization,
    "account:two_factor:method:add": second_factor,
    "account:password:change": _account,
}
