"""The filters of a history, as query parameters of the API and as a `Question`; pages read theirs by it."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from trailkeeper.models.histories import Question
from trailkeeper.producer.validation import id_of

from .history_request import HistoryKey
from .problems import LONGEST_SHOWN, Problem

NAMES = {"id": "id", "tags": "tag", "country_code": "country"}
"""Parameters whose name differs from the field of a question."""

Id = Annotated[str, Field(min_length=1), AfterValidator(partial(id_of, "id"))]
"""As it is stored: `emit` cuts a long one."""

Text = Annotated[str, Field(min_length=1, max_length=200)]


def _no_number(value: Any) -> Any:
    """Refuse bare numbers, which pydantic would read as seconds or milliseconds since 1970."""
    if isinstance(value, str) and "T" not in value.upper():
        raise ValueError("expected a time with its zone, such as 2026-11-15T12:00:00Z")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_no_number)]


class HistoryFilters(BaseModel):
    """What events must match. A filter that is left out matches everything."""

    model_config = ConfigDict(extra="forbid")

    tag: list[str] = Field(
        default=[],
        max_length=50,
        description="Any of these tags; `account:login:*` matches all that begin with `account:login:`.",
        examples=[["account:login:*"]],
    )
    since: Moment | None = Field(
        default=None, description="Events at this time or later.", examples=["2026-11-01T00:00:00Z"]
    )
    until: Moment | None = Field(
        default=None, description="Events before this time.", examples=["2026-12-01T00:00:00Z"]
    )
    actor: Id | None = Field(default=None, description="The id of who acted.")
    address: str | None = Field(
        default=None, max_length=50, description="An IP address or a network.", examples=["192.0.2.0/24"]
    )
    country: str | None = Field(
        default=None,
        pattern="^[A-Za-z]{2}$",
        description="A two-letter code of ISO 3166.",
        examples=["DE"],
    )
    asn: str | None = Field(
        default=None,
        max_length=12,
        description="The number of an autonomous system, with or without `AS`.",
        examples=["AS13335"],
    )
    client: Text | None = Field(
        default=None,
        description="The name or kind of the device or program, in any case.",
        examples=["twine"],
    )
    via_service: bool = Field(
        default=False, description="Only what services and programs did, on anyone's behalf."
    )
    text: Text | None = Field(default=None, description="Text to find in `additional`; case does not matter.")

    def question(self, key: HistoryKey) -> Question:
        """The question of one history.

        Raises:
            Problem: 422, naming the parameter and what was expected.
        """
        try:
            return Question(
                about=key.about,
                id=key.id,
                tags=tuple(self.tag),
                since=self.since,
                until=self.until,
                actor=self.actor,
                address=self.address,
                country_code=self.country and self.country.upper(),
                asn=self.asn,
                client=self.client,
                via_service=self.via_service,
                text=self.text,
            )
        except ValueError as error:
            raise invalid_value(str(error)) from error


def invalid_value(message: str) -> Problem:
    """The problem of a value that a question does not accept, under the parameter's own name."""
    name, _, rest = message.partition(" ")
    name = NAMES.get(name.rstrip(":"), name.rstrip(":"))
    problem = rest[: 2 * LONGEST_SHOWN]
    return Problem(422, f"{name}: {problem}", errors=[{"field": name, "problem": problem}])
