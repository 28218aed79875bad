"""Which stories are played, by whom, with what."""

from __future__ import annotations

from collections.abc import Iterator

from . import makers, trouble
from .person import Cast, Person, Story

NAMES = (
    "alice", "bram", "chidi", "dalia", "emre", "fatima", "goran", "hana", "ines", "jonas", "kaito",
    "leila", "mateo", "nadia", "oskar", "priya", "quentin", "rosa", "samir", "tuuli", "ugo", "vera",
    "wanjiru", "xavier", "yuna", "zoltan", "amara", "bodil", "cosmin", "dunja", "elif", "farid",
    "greta", "hugo", "irina", "jamal", "katya", "luca", "mirja", "noor", "olamide", "pavel",
    "renee", "stefan", "thandi", "ursula",
)  # fmt: skip
PROJECTS = (
    "sampler", "quiet-logs", "tidewater", "parquetry", "lanternfish", "copperplate", "windrose", "gridlock",
    "marmalade", "sundial", "driftwood", "keystone", "paperboat", "halyard", "mosaic", "thistle", "overture",
    "ballast", "cairn", "filament",
)  # fmt: skip
PHONES = ("Pixel", "iPhone", "work phone", "key in the drawer")
ROUNDS = 2


def program(cast: Cast) -> list[Story]:
    """Every story, with its own people and projects, in the order in which they begin."""
    people = (cast.person(name) for name in NAMES)
    projects = iter(PROJECTS)
    stories: list[Story] = [trouble.reading([cast.reader() for _ in range(8)])]
    for round_number in range(ROUNDS):
        stories += _round(cast, people, projects, round_number)
    return stories


def _round(cast: Cast, people: Iterator[Person], projects: Iterator[str], number: int) -> Iterator[Story]:
    for phone in PHONES[:2]:
        yield makers.maintainer(next(people), next(projects), phone)
    yield trouble.guessed(next(people), cast.stranger())
    yield makers.continuous_integration(next(people), [cast.runner() for _ in range(3)], next(projects))
    yield makers.team(next(people), next(people), next(people), next(projects))
    yield trouble.knocking(cast.stranger())
    yield trouble.forgetful(next(people))
    yield trouble.quarantine(next(people), next(people), next(projects))
    yield makers.organization(next(people), next(people), next(projects), f"workshop-{number + 1}")
    yield makers.leaving(next(people), next(projects))
    yield makers.maintainer(next(people), next(projects), PHONES[2 + number])
