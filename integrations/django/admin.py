"""A link from an object's page in Django's admin to its history."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.apps import apps
from django.utils.html import format_html

FIELD = "audit_trail"


class TrailkeeperLink:
    """A mixin for a ModelAdmin: its objects lead to their history on Trailkeeper's pages.

    ``class AccountAdmin(TrailkeeperLink, UserAdmin): ...``, with ``TRAILKEEPER = {"PAGES_URL": "/audit"}``.
    The pages decide what the reader may see there.

    Attributes:
        trailkeeper_subject: ``users``, ``projects`` or ``organizations``: whose history it is.
    """

    trailkeeper_subject = "users"

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        """See `ModelAdmin.get_readonly_fields`."""
        return (*super().get_readonly_fields(request, obj), FIELD)  # type: ignore[misc]  # ModelAdmin's

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:
        """See `ModelAdmin.get_fieldsets`."""
        given = super().get_fieldsets(request, obj)  # type: ignore[misc]  # ModelAdmin's
        if obj is None or any(FIELD in options["fields"] for _, options in given):
            return given
        return [*given, (None, {"fields": (FIELD,)})]

    def audit_trail(self, obj: Any) -> Any:
        """The link; a dash where ``PAGES_URL`` is not set."""
        base = apps.get_app_config("trailkeeper").own["PAGES_URL"]
        if base is None or obj.pk is None:
            return "-"
        address = f"{base.rstrip('/')}/{self.trailkeeper_subject}/{quote(str(obj.pk), safe='')}"
        return format_html('<a href="{}">History</a>', address)
