"""A Django project on SQLite with our app. Django's settings are the process's, so all tests share it."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

import django
import django.conf
from django.core.management import call_command

from trailkeeper.producer.process import swap

SQLITE = "django.db.backends.sqlite3"


@cache
def start() -> None:
    """Set Django up, once."""
    folder = Path(tempfile.mkdtemp(prefix="tk-django-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    django.conf.settings.configure(
        DATABASES={
            alias: {"ENGINE": SQLITE, "NAME": str(folder / f"{alias}.sqlite"), "OPTIONS": {"timeout": 20}}
            for alias in ("default", "other")
        },
        SECRET_KEY="of a test",
        ROOT_URLCONF="tests.support.django_views",
        ALLOWED_HOSTS=["*"],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            *(f"django.contrib.{name}" for name in ("admin", "auth", "contenttypes", "sessions", "messages")),
            "trailkeeper.integrations.django",
        ],
        MIDDLEWARE=[
            "trailkeeper.integrations.django.TrailkeeperMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        LOGGING_CONFIG=None,
        TRAILKEEPER={
            "TRUSTED_PROXIES": ["10.0.0.0/8"],
            "CATALOGUE": [],
            "PAGES_URL": "https://audit.example.org/",
        },
    )
    django.setup()
    if emitter := swap(None):  # other tests have one of their own
        emitter.close()
    call_command("migrate", verbosity=0)
