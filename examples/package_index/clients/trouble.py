"""Stories of forgotten and guessed passwords, of strangers, and of the staff. Each `yield` is a pause."""

from __future__ import annotations

from .client import Client
from .person import Person, Story

GUESSES = ("12345678", "password", "letmein123", "qwertyuiop", "iloveyou1", "dragon123", "admin1234")
NAMES = ("root", "admin", "ubuntu", "test")


def forgetful(person: Person) -> Story:
    """Changes a password, loses the phone, uses a recovery code, starts anew."""
    yield from person.join()
    person.browser.attempt("/account/password", old=person.password, new="password123")
    yield
    person.browser.attempt("/account/password", old="not the password", new="something else")
    yield
    changed = f"{person.password}, mostly"
    person.browser.post("/account/password", old=person.password, new=changed)
    person.password = changed
    yield
    person.carry_phone("old phone")
    yield
    person.browser.post("/logout")
    yield
    person.sign_in(recovery=True)
    yield
    person.browser.post("/account/recovery-codes", password=person.password)
    yield
    person.browser.post("/account/second-factor/remove", password=person.password)
    yield
    person.browser.post("/account/rename", name=f"{person.name}-anew")


def guessed(victim: Person, stranger: Client) -> Story:
    """A stranger tries passwords until the limit; the user then sets a new one by mail."""
    yield from victim.join()
    for guess in GUESSES:
        stranger.attempt("/login", name=victim.name, password=guess)
        yield
    victim.browser.post("/account/password/forgotten", name=victim.name)
    yield
    victim.password = f"{victim.name} thought of a better one"
    victim.browser.post("/account/password/reset", code=victim.letter(), new=victim.password)


def knocking(stranger: Client) -> Story:
    """A program tries names that no user has."""
    for name in NAMES:
        stranger.attempt("/login", name=name, password=GUESSES[0])
        yield


def quarantine(staff: Person, suspect: Person, project: str) -> Story:
    """The staff stops a suspicious project, looks into it, and lets it go on with smaller files."""
    yield from suspect.join()
    yield from staff.join()
    staff.browser.post("/rehearsal/staff", name=staff.name)
    suspect.make_token("automation")
    suspect.upload(project, "6.6.6")
    yield
    staff.browser.post(f"/admin/projects/{project}/quarantine")
    yield
    suspect.upload(project, "6.6.7")
    yield
    staff.browser.post(f"/admin/users/{suspect.name}/disable-password", reason="used from many places")
    yield
    staff.browser.post(f"/admin/projects/{project}/quarantine/lift")
    yield
    staff.browser.post(f"/admin/projects/{project}/upload-limit", bytes=200_000)
    yield
    lookalike = f"{project}s"
    staff.browser.post("/admin/prohibited-names", name=lookalike, reason="looks like another one")
    suspect.upload(lookalike, "1.0")
    yield
    staff.browser.post("/admin/prohibited-names/remove", name=lookalike)


def reading(readers: list[Client]) -> Story:
    """Programs that only read: nothing sensitive, and so no events."""
    for reader in readers:
        reader.get("/")
        yield
