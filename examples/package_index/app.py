"""The application: its parts put together, and Trailkeeper's middleware around them."""

from __future__ import annotations

from flask import Flask

from trailkeeper.producer.middleware.wsgi import WSGIMiddleware

from . import prohibitions as _prohibitions  # noqa: F401 - routes of the blueprint admin
from .accounts import accounts
from .admin import admin
from .audit import answer_with_receipts
from .errors import handle_errors
from .identity import identify
from .login import login
from .organizations import organizations
from .pages import pages
from .password_routes import password_routes
from .projects import projects
from .publishers import publishers
from .rehearsal import rehearsal
from .roles import roles
from .second_factor import second_factor
from .services import Services, Settings
from .tokens import tokens
from .uploads import uploads

BLUEPRINTS = (
    accounts,
    admin,
    login,
    organizations,
    pages,
    password_routes,
    projects,
    publishers,
    roles,
    second_factor,
    tokens,
    uploads,
)
LARGEST_BODY = 2_000_000  # bytes


def create_app(settings: Settings) -> Flask:
    """A package index on one SQLite file, whose every sensitive action is recorded."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.extensions[Services.__name__] = Services(settings)
    for blueprint in (*BLUEPRINTS, rehearsal) if settings.rehearsal else BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.before_request(identify)
    app.after_request(answer_with_receipts)
    handle_errors(app)
    # outermost, so that address, user agent and request id are known before anything is recorded
    app.wsgi_app = WSGIMiddleware(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]  # as Flask documents
    return app
