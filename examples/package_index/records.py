"""The application's own objects, as its tables hold them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class User:
    id: str
    name: str
    email: str
    email_verified: int
    password: str | None
    staff: int
    totp_secret: str | None
    totp_label: str | None
    totp_step: int


@dataclass(frozen=True)
class Project:
    id: str
    name: str
    quarantined: int
    upload_limit: int
    organization_id: str | None


@dataclass(frozen=True)
class Organization:
    id: str
    name: str


@dataclass(frozen=True)
class Publisher:
    """A workflow of a public repository that may upload to one project without a password."""

    id: str
    project_id: str
    repository: str
    workflow: str
    added_by: str

    @property
    def display(self) -> str:
        return f"{self.workflow} of {self.repository}"

    @property
    def url(self) -> str:
        return f"https://github.com/{self.repository}"


@dataclass(frozen=True)
class Token:
    id: str
    digest: str
    label: str
    expires: float | None
    user_id: str | None
    publisher_id: str | None
    project_id: str | None
