"""Who is erased, as far as the events tell, or told an erasure before."""

from __future__ import annotations

import msgspec

from trailkeeper.models.engine import transaction
from trailkeeper.models.tables import SCOPES
from trailkeeper.worker.retention.emails import emails_in

from . import events
from .claims import Claims, may_claim, others_in, shared_addresses
from .person import LASTING, Person
from .recalling import recall
from .walks import ErasureJob, named, windows


def known_person(job: ErasureJob) -> Person:
    """The user with the names, email addresses and addresses that are theirs and nobody else's.

    In events of projects and organizations, others are only known by these events themselves and by what was
    verified: events of users are purged, and what tells that a typed address is another's goes with them.
    """
    own, lasting = _own(job)
    recall(job, {"own": own, "lasting": lasting})
    others = _others(job, own)
    lasting.verified.update(own.verified)
    person = own.person(job.user_id, others)
    return msgspec.structs.replace(person, lasting=lasting.person(job.user_id, others))


def _own(job: ErasureJob) -> tuple[Claims, Claims]:
    """What the user's events have as the user's; and what those of the `LASTING` scopes have."""
    own, lasting = Claims(), Claims()
    for scope in SCOPES:
        for ids, connection in named(job, scope):
            for row in events.read(connection, scope, ids, lock=False):
                for claims in (own, lasting) if scope in LASTING else (own,):
                    _learn(claims, row, job)
    return own, lasting


def _learn(own: Claims, row: events.Row, job: ErasureJob) -> None:
    columns = events.named_by(job.user_id, row)
    own.learn(row, columns, job.keys)
    if "actor_id" in columns and row["ip"] is not None and "/" not in str(row["ip"]):
        own.addresses.add(str(row["ip"]))


def _others(job: ErasureJob, own: Claims) -> Claims:
    others = Claims(emails_of=emails_in)
    if own.addresses:
        with transaction(job.engine) as connection:
            others.addresses.update(shared_addresses(connection, job.user_id, own))
    for scope in SCOPES if own.said else ():
        for window, connection in windows(job, scope):
            for row in may_claim(connection, job.user_id, own, window, job.keys):
                others.learn(row, others_in(row, job.user_id), job.keys)
    return others
