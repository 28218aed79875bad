"""Who is erased, as far as the events tell."""

from __future__ import annotations

from trailkeeper.models.engine import transaction
from trailkeeper.models.tables import SCOPES

from . import events
from .claims import Claims, may_claim, others_in, shared_addresses
from .person import Person
from .walks import ErasureJob, named, windows


def known_person(job: ErasureJob) -> Person:
    """The user with the names, email addresses and addresses that are theirs and nobody else's."""
    own = _own(job)
    return own.person(job.user_id, _others(job, own))


def _own(job: ErasureJob) -> Claims:
    own = Claims()
    for scope in SCOPES:
        for ids, connection in named(job, scope):
            for row in events.read(connection, scope, ids, lock=False):
                columns = events.named_by(job.user_id, row)
                own.learn(row, columns, job.keys)
                if "actor_id" in columns and row["ip"] is not None and "/" not in str(row["ip"]):
                    own.addresses.add(str(row["ip"]))
    return own


def _others(job: ErasureJob, own: Claims) -> Claims:
    others = Claims()
    if own.addresses:
        with transaction(job.engine) as connection:
            others.addresses.update(shared_addresses(connection, job.user_id, own))
    for scope in SCOPES if own.said else ():
        for window, connection in windows(job, scope):
            for row in may_claim(connection, job.user_id, own, window, job.keys):
                others.learn(row, others_in(row, job.user_id), job.keys)
    return others
