"""Stories of people who make packages. Each `yield` is a pause."""

from __future__ import annotations

from .client import Client
from .person import Person, Story


def maintainer(person: Person, project: str, label: str) -> Story:
    """Registers, mistypes, signs in with a second factor, makes a token, uploads, yanks."""
    yield from person.join()
    person.carry_phone(label)
    yield
    person.browser.post("/logout")
    yield
    person.mistype()
    yield
    person.sign_in()
    yield
    person.make_token(f"{project} releases")
    yield
    for version in ("0.1.0", "0.1.1", "0.2.0"):
        person.upload(project, version)
        yield
        person.upload(project, version, sdist=True)
        yield
    person.browser.post(f"/projects/{project}/releases/0.1.1/yank", reason="breaks on Windows")
    yield
    person.browser.post(f"/projects/{project}/releases/0.1.0/remove")


def team(owner: Person, colleague: Person, third: Person, project: str) -> Story:
    """An owner shares a project, changes their mind about roles, and renames it."""
    for person in (owner, colleague, third):
        yield from person.join()
    owner.make_token("laptop")
    owner.upload(project, "1.0")
    yield
    for person in (colleague, third):
        owner.browser.post(f"/projects/{project}/invitations", user=person.name, role="maintainer")
        yield
    colleague.browser.post(f"/projects/{project}/invitations/accept")
    yield
    third.browser.post(f"/projects/{project}/invitations/decline")
    yield
    token_id = colleague.make_token("deploy script", project)
    yield
    colleague.upload(project, "1.1")
    yield
    owner.browser.post(f"/projects/{project}/roles/change", user=colleague.name, role="owner")
    yield
    colleague.browser.post(f"/projects/{project}/rename", name=f"{project}-next")
    yield
    colleague.browser.post(f"/projects/{project}-next/releases/1.0/yank", reason="superseded")
    yield
    colleague.browser.post(f"/account/tokens/{token_id}/remove")
    yield
    owner.browser.post(f"/projects/{project}-next/invitations", user=third.name, role="owner")
    yield
    owner.browser.post(f"/projects/{project}-next/invitations/revoke", user=third.name)
    yield
    owner.browser.post(f"/projects/{project}-next/roles/remove", user=colleague.name)


def continuous_integration(owner: Person, runners: list[Client], project: str) -> Story:
    """A project's own workflow uploads from machines of a cloud, without a stored secret."""
    yield from owner.join()
    owner.make_token("first upload, by hand")
    owner.upload(project, "0.9")
    yield
    repository = f"{owner.name}/{project}"
    trusted = {"repository": repository, "workflow": "release.yml"}
    publisher = owner.browser.post(f"/projects/{project}/publishers", **trusted)["id"]
    yield
    for number, runner in enumerate(runners):
        identity = runner.post("/rehearsal/identity", **trusted)["identity"]
        token = str(runner.post("/publishers/token", identity=identity, project=project)["token"])
        runner.upload(token, project, f"1.{number}")
        yield
        runner.upload(token, project, f"1.{number}", sdist=True)
        yield
    owner.browser.post(f"/projects/{project}/releases/1.0/yank", reason="built from the wrong branch")
    yield
    owner.browser.post(f"/projects/{project}/releases/1.0/unyank")
    yield
    owner.browser.post(f"/projects/{project}/publishers/{publisher}/remove")


def organization(founder: Person, member: Person, project: str, name: str) -> Story:
    """Two people hold a project together, for a while."""
    yield from founder.join()
    yield from member.join()
    founder.browser.post("/organizations", name=name)
    yield
    founder.browser.post(f"/organizations/{name}/members", user=member.name, role="member")
    yield
    founder.make_token("tools")
    founder.upload(project, "3.0")
    yield
    founder.browser.post(f"/organizations/{name}/projects", project=project)
    yield
    founder.browser.post(f"/organizations/{name}/delete")


def leaving(person: Person, project: str) -> Story:
    """Somebody deletes a project and then the account: both histories stay."""
    yield from person.join()
    person.make_token("only one")
    yield
    person.upload(project, "0.0.1")
    yield
    person.browser.post(f"/projects/{project}/delete")
    yield
    person.browser.post("/account/delete", password=person.password)
