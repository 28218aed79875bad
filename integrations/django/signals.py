"""Logins, logouts and failed logins, from the signals of django.contrib.auth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from trailkeeper.integrations.users import record
from trailkeeper.producer.facts import Origin
from trailkeeper.producer.log_line import logger
from trailkeeper.producer.process import emit

SENDER: Origin = "request"
"""Whoever sent the form, whoever the request's actor is: theirs is the address that matters."""


def connect() -> None:
    """Record them from now on."""
    user_logged_in.connect(_logged_in, dispatch_uid="trailkeeper")
    user_logged_out.connect(_logged_out, dispatch_uid="trailkeeper")
    user_login_failed.connect(_login_failed, dispatch_uid="trailkeeper")


def _logged_in(request: Any, user: Any, **_: Any) -> None:
    record("account:login:success", user, request=request, origin=SENDER)


def _logged_out(request: Any, user: Any, **_: Any) -> None:
    record("account:logout", user, request=request, origin=SENDER)


def _login_failed(credentials: Mapping[str, Any], request: Any = None, **_: Any) -> None:
    """About the account of that name, if there is one: what else was typed may be a password."""
    emit("account:login:failure", user=_account(credentials), request=request, origin=SENDER)


def _account(credentials: Mapping[str, Any]) -> Any:
    model = get_user_model()
    name = credentials.get("username", credentials.get(model.USERNAME_FIELD))
    if not isinstance(name, str):
        return None
    try:
        return model._default_manager.get_by_natural_key(name)  # noqa: SLF001 - as Django's own backend does
    except model.DoesNotExist:
        return None
    except Exception:  # noqa: BLE001 - a login that failed must not turn into an error
        logger.exception("account_unreadable: a failed login is recorded without its account")
        return None
