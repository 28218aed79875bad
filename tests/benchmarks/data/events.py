"""The mix of events: what a package index records on an ordinary day, by the shipped catalogue."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random

from trailkeeper.producer.catalogue import load
from trailkeeper.producer.event import Event
from trailkeeper.producer.ids import uuid7
from trailkeeper.producer.secrets import SecretGuard

from .makers import MAKERS
from .population import Population

SEED = 5863
OTHER_SEED = 59
FINGERPRINT_KEY = "a key for measurements, of no worth to anybody"
BETWEEN = timedelta(milliseconds=2)
PROCESSES = 8
"""That emit them in turns, each numbering its own."""

MIX = {
    "account:login:success": 27,
    "account:login:failure": 8,
    "project:release:add": 13,
    "file:add": 27,
    "account:api_token:add": 4,
    "account:api_token:remove": 2,
    "project:short_lived_api_token:add": 5,
    "project:role:add": 3,
    "project:role:change": 1,
    "project:role:invite": 2,
    "organization:organization_role:add": 3,
    "organization:create": 1,
    "account:two_factor:method:add": 2,
    "account:password:change": 2,
}
"""Percent of the events by tag: 35 logins, 40 releases and files, 25 others."""


def events(count: int, *, uuids: bool = False, others: bool = False) -> Iterator[Event]:
    """The same as `unsent` as they are in the stream, where `emit` left only fingerprints of sessions."""
    guard, event_types = SecretGuard(key=FINGERPRINT_KEY), {each.tag: each for each in load()}
    for event in unsent(count, uuids=uuids, others=others):
        yield guard.cleaned(event, event_types[event.tag])


def unsent(count: int, *, uuids: bool = False, others: bool = False) -> Iterator[Event]:
    """Events that end now, two milliseconds apart; their facts are the same in every run, their ids are not.

    Args:
        count: how many.
        uuids: whether users, projects and organizations have UUIDs, not numbers.
        others: not those of the measurement, but such as came before: same people, other events.
    """
    random = Random(OTHER_SEED if others else SEED)
    last, run = datetime.now(UTC), os.urandom(5).hex()
    tags = random.choices(list(MIX), list(MIX.values()), k=count)
    for number, tag in enumerate(tags, 1):
        moment = last - (count - number) * BETWEEN
        yield Event(
            id=uuid7(moment),
            tag=tag,
            occurred_at=moment,
            producer=f"web-{number % PROCESSES}:4711:{run}",
            seq=(number - 1) // PROCESSES + 1,
            **MAKERS[tag](population(uuids=uuids), random),
        )


@cache
def population(*, uuids: bool) -> Population:
    """Everybody, made once a process."""
    return Population(Random(SEED), uuids=uuids)
