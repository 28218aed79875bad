"""A Django site as a process: ``python -m tests.support.django_site asgi``, or wsgi; prints its port.

The database is Postgres, and the trail's own. Its views are the unit tests' and one with a transaction.
"""

from __future__ import annotations

import os
import socket
import sys
import warnings
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
import uvicorn
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection, transaction
from django.http import HttpResponse
from sqlalchemy import make_url

from trailkeeper import emit
from trailkeeper.integrations.django import emit_on_commit

TAG = "account:password:change"
CONTRIB = ("admin", "auth", "contenttypes", "sessions", "messages")


def change(request: Any) -> Any:
    """Emits in a transaction, which is rolled back if asked to."""
    with transaction.atomic():
        emit(TAG, user=request.user, connection=connection)
        emit_on_commit(TAG, user=request.user)
        transaction.set_rollback("fail" in request.GET)
    return HttpResponse()


def configure() -> None:
    url = make_url(os.environ["TRAILKEEPER_DATABASE_URL"])
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": url.database,
                "USER": url.username,
                "HOST": url.query["host"],
            }
        },
        SECRET_KEY="of a test",
        ROOT_URLCONF="tests.support.django_urls",
        ALLOWED_HOSTS=["*"],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            *(f"django.contrib.{name}" for name in CONTRIB),
            "trailkeeper.integrations.django",
        ],
        MIDDLEWARE=[
            "trailkeeper.integrations.django.TrailkeeperMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        LOGGING_CONFIG=None,
        TRAILKEEPER={"TRUSTED_PROXIES": ["127.0.0.0/8"], "SPOOL": "off"},
    )
    django.setup()
    call_command("migrate", verbosity=0)
    from django.contrib.auth.models import User  # noqa: PLC0415 - once Django is set up

    User.objects.create_user("ada", password="correct horse")


class Quiet(WSGIRequestHandler):
    """Writes no log."""

    def log_message(self, *_: Any) -> None:
        pass


def report(port: int) -> None:
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()


def main(kind: str) -> None:
    warnings.simplefilter("ignore")
    configure()
    if kind == "wsgi":
        with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet) as server:
            report(server.server_port)
            server.serve_forever()
    listening = socket.create_server(("127.0.0.1", 0))
    report(listening.getsockname()[1])
    uvicorn.Server(uvicorn.Config(get_asgi_application(), log_level="error")).run([listening])


if __name__ == "__main__":
    main(sys.argv[1])
