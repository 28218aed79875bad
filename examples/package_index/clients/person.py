"""A person of the stories: what they know, carry and do time and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from trailkeeper.examples.package_index.one_time_codes import STEP, code_at

from . import agents, places
from .client import Client

Story = Iterator[None]


@dataclass
class Person:
    """Somebody with a browser, an uploading program, a password and perhaps a phone."""

    name: str
    browser: Client
    uploader: Client
    password: str = ""
    secret: str = ""
    recovery_codes: list[str] = field(default_factory=list)
    token: str = ""
    _last_step: int = 0

    def __post_init__(self) -> None:
        self.password = f"{self.name} has a long memory"

    @property
    def email(self) -> str:
        return f"{self.name}@mail.example"

    def join(self) -> Story:
        """Register, verify, sign in."""
        self.browser.post("/accounts", name=self.name, email=self.email, password=self.password)
        yield
        self.browser.post("/accounts/verify", code=self.letter())
        yield
        self.sign_in()
        yield

    def letter(self) -> str:
        """What the last letter says."""
        return str(self.browser.post("/rehearsal/letter", email=self.email)["text"])

    def sign_in(self, *, recovery: bool = False) -> None:
        """Password, and where there is one the second factor."""
        answer = self.browser.post("/login", name=self.name, password=self.password)
        if ticket := answer.get("ticket"):
            self.browser.post("/login/second-factor", ticket=ticket, **self._proof(recovery=recovery))

    def mistype(self) -> None:
        """Fail to sign in."""
        self.browser.attempt("/login", name=self.name, password=self.password.title())

    def carry_phone(self, label: str) -> None:
        """Set up a second factor."""
        self.secret = str(self.browser.read("/account/second-factor")["secret"])
        answer = self.browser.post(
            "/account/second-factor", secret=self.secret, code=self._code(), label=label
        )
        self.recovery_codes = list(answer["recovery_codes"])

    def make_token(self, label: str, project: str | None = None) -> str:
        """An API token; its id."""
        answer = self.browser.post("/account/tokens", label=label, project=project)
        self.token = str(answer["token"])
        return str(answer["id"])

    def upload(self, project: str, version: str, *, sdist: bool = False) -> int:
        return self.uploader.upload(self.token, project, version, sdist=sdist)

    def _proof(self, *, recovery: bool) -> dict[str, Any]:
        if recovery:
            return {"method": "recovery_code", "code": self.recovery_codes.pop()}
        return {"method": "totp", "code": self._code()}

    def _code(self) -> str:
        """The phone's code; the next one early, where this one was used already."""
        self._last_step = max(int(time.time()) // STEP, self._last_step + 1)
        return code_at(self.secret, self._last_step)


@dataclass
class Cast:
    """Makes people and programs, each at the next place with the next program of its kind."""

    url: str
    on_event: Callable[[UUID], None]
    client: type[Client] = Client
    _people: int = 0
    _others: int = 0

    def person(self, name: str) -> Person:
        number = self._people
        self._people += 1
        address = places.ADDRESSES[number % len(places.ADDRESSES)]
        browser = self._client(address, agents.BROWSERS[number % len(agents.BROWSERS)])
        return Person(name, browser, self._client(address, agents.UPLOADERS[number % len(agents.UPLOADERS)]))

    def runner(self) -> Client:
        """A machine of continuous integration."""
        return self._client(self._next(places.RUNNERS), agents.UV_IN_CI)

    def stranger(self) -> Client:
        """Somebody who tries passwords."""
        return self._client(self._next(places.STRANGERS), self._next(agents.BREAKERS))

    def reader(self) -> Client:
        """Somebody who only reads."""
        return self._client(self._next(places.ADDRESSES), self._next(agents.READERS))

    def _next(self, choices: tuple[str, ...]) -> str:
        self._others += 1
        return choices[self._others % len(choices)]

    def _client(self, address: str, agent: str) -> Client:
        return self.client(self.url, address, agent, self.on_event)
