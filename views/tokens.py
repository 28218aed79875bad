"""Viewers' tokens: signed by the application or by `trailkeeper token`, verified here.

A token is a JSON Web Token. Its claims: ``sub`` the user's id; ``projects`` and
``organizations``, each an object of role (``owner``, ``maintainer``) by id;
``staff`` true for an administrator; ``exp`` and ``aud``, which are required;
``iat`` and ``jti``, by which tokens can be revoked. PyJWT's errors become
`InvalidToken` here and nowhere else.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import uuid4

import jwt
import msgspec

from trailkeeper.producer.errors import SettingsError
from trailkeeper.producer.settings import variable

from .errors import InvalidToken, TokenProblem
from .settings import ViewsSettings
from .token_key import token_key
from .viewer import Membership, Viewer

LONGEST_TOKEN = 8_192
"""Characters; about a hundred and fifty projects."""

LONGEST_LIFE = 366 * 86_400
LEEWAY = timedelta(seconds=10)

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^\x00\ud800-\udfff]*$")]

PROBLEMS: tuple[tuple[type[jwt.InvalidTokenError], TokenProblem, str], ...] = (
    (jwt.ExpiredSignatureError, "expired", "the token has expired; ask for a new one"),
    (jwt.ImmatureSignatureError, "not_yet_valid", "the token is not valid yet; is a clock wrong?"),
    (jwt.InvalidAudienceError, "wrong_audience", "the token is meant for another audience"),
    (jwt.InvalidIssuerError, "wrong_issuer", "the token is from another issuer"),
    (jwt.MissingRequiredClaimError, "missing_claim", "the token has no exp, no aud or no iss"),
    (jwt.InvalidSignatureError, "forged", "the token was not signed with our key"),
    (jwt.InvalidAlgorithmError, "forged", "the token was signed with another algorithm"),
)
MALFORMED = "the token cannot be read"


class _Claims(msgspec.Struct):
    sub: Id | None = None
    projects: dict[Id, Membership] = {}
    organizations: dict[Id, Membership] = {}
    staff: bool = False


def verify(settings: ViewsSettings, token: str, leeway: timedelta = LEEWAY) -> Viewer:
    """The viewer that a token names.

    Args:
        settings: with the key.
        token: as it was sent.
        leeway: how far clocks may differ.

    Raises:
        InvalidToken: expired, forged, for another audience and the like; `reason` says which.
        SettingsError: there is no key to verify it with.
    """
    key = token_key(settings)
    if len(token) > LONGEST_TOKEN:
        raise InvalidToken("too_long", f"the token has {len(token):,} characters; at most {LONGEST_TOKEN:,}")
    try:
        claims = jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm],
            audience=settings.token_audience,
            issuer=settings.token_issuer,
            leeway=leeway,
            options={"require": ["exp", "aud"], "enforce_minimum_key_length": True},
        )
        _refuse_revoked(settings, claims)
        return _viewer(claims)
    except jwt.PyJWTError as error:
        raise _translated(error) from error
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        # JSON that no application would write
        raise InvalidToken("malformed", MALFORMED) from error


def token_id(token: str) -> str:
    """The id of a token that `mint` made, under which it can be revoked."""
    return str(jwt.decode(token, options={"verify_signature": False})["jti"])


def mint(settings: ViewsSettings, viewer: Viewer, seconds: float) -> str:
    """A token that names a viewer, for a limited time.

    Args:
        settings: with a `token_secret`.
        viewer: who will present it.
        seconds: how long it is valid, at most a year.

    Raises:
        SettingsError: there is no secret; a public key verifies tokens and makes none.
        ValueError: the time is out of range, an id is not valid, or there are too many roles for a token.
    """
    if settings.token_secret is None:
        raise SettingsError(f"{variable('token_secret')} is not set; expected the secret that signs tokens")
    if not 0 < seconds <= LONGEST_LIFE:
        raise ValueError(f"a token cannot be valid for {seconds:g} seconds; expected up to a year")
    key = token_key(settings)
    now = datetime.now(UTC)
    token = jwt.encode(
        _claims(settings, viewer, now, seconds), settings.token_secret, algorithm=key.algorithm
    )
    if len(token) > LONGEST_TOKEN:
        raise ValueError(f"the token would have {len(token):,} characters; expected fewer roles")
    try:
        verify(settings, token)
    except InvalidToken as error:
        raise ValueError(f"the token would not be accepted: {error}") from error
    return token


def _claims(settings: ViewsSettings, viewer: Viewer, now: datetime, seconds: float) -> dict[str, Any]:
    claims = {
        "sub": viewer.user_id,
        "projects": viewer.projects or None,
        "organizations": viewer.organizations or None,
        "staff": viewer.staff or None,
        "iss": settings.token_issuer,
    }
    # the id is there for `revoked_tokens`
    times = {
        "jti": uuid4().hex,
        "aud": settings.token_audience,
        "iat": now,
        "exp": now + timedelta(seconds=seconds),
    }
    return {name: value for name, value in claims.items() if value is not None} | times


def _refuse_revoked(settings: ViewsSettings, claims: dict[str, Any]) -> None:
    since = settings.token_not_before
    if since is not None and claims.get("iat", 0) < since.timestamp():
        raise InvalidToken("revoked", "tokens as old as this one are no longer accepted; ask for a new one")
    if settings.revoked_tokens and claims.get("jti") in settings.revoked_tokens:
        raise InvalidToken("revoked", "this token was revoked; ask for a new one")


def _viewer(claims: dict[str, Any]) -> Viewer:
    try:
        parsed = msgspec.convert(claims, _Claims)
    except msgspec.ValidationError as error:
        raise InvalidToken("malformed", f"the token's claims cannot be read: {error}") from error
    return Viewer(
        user_id=parsed.sub, projects=parsed.projects, organizations=parsed.organizations, staff=parsed.staff
    )


def _translated(error: jwt.PyJWTError) -> InvalidToken:
    for kind, reason, message in PROBLEMS:
        if isinstance(error, kind):
            return InvalidToken(reason, message)
    return InvalidToken("malformed", MALFORMED)
