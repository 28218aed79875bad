"""Django: an app with middleware, signals, checks and a link for the admin.

    INSTALLED_APPS = [..., "trailkeeper.integrations.django"]
    MIDDLEWARE = ["trailkeeper.integrations.django.TrailkeeperMiddleware", ...]
    TRAILKEEPER = {"TRUSTED_PROXIES": ["10.0.0.0/8"]}

In the settings of the project.
"""

from .admin import TrailkeeperLink
from .middleware import TrailkeeperMiddleware
from .on_commit import emit_on_commit

__all__ = ["TrailkeeperLink", "TrailkeeperMiddleware", "emit_on_commit"]
