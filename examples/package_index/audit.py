"""The one place where this application's objects become an event's subjects and actor.

Handlers call `record` beside their metrics, with the objects they have at hand;
who acts was settled once a request by identity.py.
"""

from __future__ import annotations

from flask import Response, g
from sqlalchemy.orm import Session

from trailkeeper import Actor, Credential, Receipt, Subject, emit, emit_on_commit

from .records import Organization, Project, Publisher, Token, User
from .services import desk

HEADER = "X-Trailkeeper-Event"


def record(
    tag: str,
    *,
    user: User | None = None,
    project: Project | None = None,
    organization: Organization | None = None,
    actor: Actor | None = None,
    **additional: object,
) -> Receipt:
    """Record what was just done, at the end of the transaction that does it.

    An exception leaves the transaction and so undoes the action: nothing is
    done that the trail does not tell. Should the process die between this call
    and the commit, the trail tells of an action that did not come to pass,
    which for an audit trail is the better of the two mistakes.

    `emit` takes id and name of each subject from our objects: the id never
    changes, the name is the one of now.

    Args:
        tag: the event type, from the catalogue.
        user: whom it is about.
        project: what it is about.
        organization: what it is about.
        actor: who did it, where that is not the request's actor (at a login, say).
        additional: the payload keys that the catalogue declares. Never a secret.

    Raises:
        InvalidEvent: the call is wrong: a mistake in this application.
        EventNotRecorded: a `required` event cannot be recorded now; errors.py makes it a 503.
    """
    receipt = emit(
        tag,
        user=user,
        project=project,
        organization=organization,
        actor=actor,
        additional=additional,
    )
    g.setdefault("recorded", []).append(receipt)
    return receipt


def record_with(session: Session, tag: str, **additional: object) -> Receipt:
    """Record what a session's transaction does: with it the event is committed, and without it there is none.

    In the audit trail's own database, the event is one more row of the transaction. In any
    other one it is sent right after the commit, and lost if the process dies between the two.
    """
    if desk().is_in_trail:
        receipt = emit(tag, additional=additional, connection=session)
    else:
        receipt = emit_on_commit(session, tag, additional=additional)
    g.setdefault("recorded", []).append(receipt)
    return receipt


def answer_with_receipts(response: Response) -> Response:
    """Name the request's events in its answer, so that whoever asks support about it can name them too."""
    if recorded := g.get("recorded"):
        response.headers[HEADER] = ", ".join(map(str, recorded))
    return response


def user_actor(user: User, credential: str | None = None, *, credential_id: str | None = None) -> Actor:
    """A person who has shown who they are, and with what: ``session``, ``password``, ``mailed_code``."""
    shown = Credential(kind=credential, id=credential_id) if credential else None
    return Actor(kind="user", id=user.id, name=user.name, credential=shown)


def token_actor(user: User, token: Token) -> Actor:
    """A script with a person's API token: the person acts, and the label says which script."""
    credential = Credential(kind="api_token", id=token.id, label=token.label)
    return Actor(kind="user", id=user.id, name=user.name, credential=credential)


def publisher_actor(publisher: Publisher, token: Token | None, registrar: User) -> Actor:
    """A trusted publisher: a service acts, on behalf of the person who put their trust in it."""
    credential = Credential(kind="trusted_publisher", id=token.id if token else None, label=publisher.display)
    return Actor(
        kind="service",
        id=publisher.id,
        name=publisher.display,
        credential=credential,
        on_behalf_of=Subject(id=registrar.id, name=registrar.name),
    )


def staff_actor(user: User, session_id: str) -> Actor:
    """A person of the staff using the rights of the staff; others are shown "staff", and no name."""
    return Actor(
        kind="staff", id=user.id, name=user.name, credential=Credential(kind="session", id=session_id)
    )
