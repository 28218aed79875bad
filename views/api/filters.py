"""The filters of a history as query parameters, and as a `Question`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from trailkeeper.models.histories import MAX_LIMIT, About, Question
from trailkeeper.views.problems import LONGEST_SHOWN, Problem

DEFAULT_LIMIT = 50
NAMES = {"id": "id", "tags": "tag", "country_code": "country"}
"""Parameters that are called otherwise than the fields of a question."""

Id = Annotated[str, Field(min_length=1, max_length=255)]
Text = Annotated[str, Field(min_length=1, max_length=200)]


def _written_out(value: Any) -> Any:
    """Leave numbers out, which could be seconds or milliseconds since somewhen."""
    if isinstance(value, str) and "T" not in value.upper():
        raise ValueError("expected a time with its zone, such as 2026-11-15T12:00:00Z")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out)]


class Filters(BaseModel):
    """What the events must have in common. What is left out is not asked."""

    model_config = ConfigDict(extra="forbid")

    tag: list[str] = Field(
        default=[],
        max_length=50,
        description="Any of these tags; `account:login:*` stands for every tag that begins so.",
        examples=[["account:login:*"]],
    )
    since: Moment | None = Field(
        default=None, description="Events of this time and later.", examples=["2026-11-01T00:00:00Z"]
    )
    until: Moment | None = Field(
        default=None, description="Events before this time.", examples=["2026-12-01T00:00:00Z"]
    )
    actor: Id | None = Field(default=None, description="The id of who acted.")
    address: str | None = Field(
        default=None, max_length=50, description="An IP address or a network.", examples=["192.0.2.0/24"]
    )
    country: str | None = Field(
        default=None, pattern="^[A-Za-z]{2}$", description="Two letters of ISO 3166.", examples=["DE"]
    )
    client: Text | None = Field(
        default=None, description="The name or kind of what was used, whatever its case.", examples=["twine"]
    )
    via_service: bool = Field(
        default=False, description="Only what services and programs did, on whoever's behalf."
    )
    text: Text | None = Field(default=None, description="Letters that occur in `additional`, in any case.")

    def question(self, about: About, identity: str | None) -> Question:
        """What is asked of one history.

        Raises:
            Problem: 422, naming the parameter and what was expected.
        """
        try:
            return Question(
                about=about,
                id=identity,
                tags=tuple(self.tag),
                since=self.since,
                until=self.until,
                actor=self.actor,
                address=self.address,
                country_code=self.country and self.country.upper(),
                client=self.client,
                via_service=self.via_service,
                text=self.text,
            )
        except ValueError as error:
            raise refused(str(error)) from error


class PageFilters(Filters):
    """A page of what the filters leave."""

    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="The most events.")
    cursor: str | None = Field(
        default=None, max_length=200, description="`older` or `newer` of another page of this very question."
    )


def refused(message: str) -> Problem:
    """A value that a question does not take, in the words of the parameters."""
    name, _, rest = message.partition(" ")
    name = NAMES.get(name.rstrip(":"), name.rstrip(":"))
    problem = rest[: 2 * LONGEST_SHOWN]
    return Problem(422, f"{name}: {problem}", errors=[{"field": name, "problem": problem}])
