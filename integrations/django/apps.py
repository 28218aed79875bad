"""The app: settings from Django's, signals of logins, checks."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import import_string

from trailkeeper.integrations.overrides import settings_with
from trailkeeper.producer.errors import CatalogueError, SettingsError
from trailkeeper.producer.log_line import logger
from trailkeeper.producer.process import configure
from trailkeeper.producer.settings import ProducerSettings
from trailkeeper.producer.validation.text import shortened

OWN = {"USER": None, "PAGES_URL": None, "RECORDS_LOGINS": True}
"""The keys of ``TRAILKEEPER`` that are not settings of `emit`, and their defaults."""


class TrailkeeperConfig(AppConfig):  # type: ignore[misc]  # it has no types
    """Configures `emit` from Django's setting ``TRAILKEEPER``; what it lacks is the environment's.

    Attributes:
        settings: those of `emit`.
        own: the values of `OWN`.
        problem: why they cannot be used, for `manage.py check`; the middleware refuses to start with it.
    """

    name = "trailkeeper.integrations.django"
    label = "trailkeeper"
    verbose_name = "Trailkeeper"
    settings: ProducerSettings
    own: dict[str, Any]
    problem: Exception | None = None

    def ready(self) -> None:
        """See `AppConfig.ready`."""
        from . import checks, signals  # noqa: PLC0415 - Django's users may be imported only now

        self.own = dict(OWN)
        try:
            self._configure(getattr(settings, "TRAILKEEPER", {}))
        except (SettingsError, CatalogueError, ImportError) as error:
            self.problem = error
            logger.critical("TRAILKEEPER cannot be used, and no event is recorded as it says: %s", error)
        checks.register()
        if self.own["RECORDS_LOGINS"]:
            signals.connect()

    def _configure(self, stated: Any) -> None:
        if not isinstance(stated, dict):
            raise SettingsError(f"TRAILKEEPER is {shortened(stated)}; expected a dict")
        given = {str(name).upper(): value for name, value in stated.items()}
        self.own = {name: given.pop(name, default) for name, default in OWN.items()}
        if isinstance(self.own["USER"], str):
            self.own["USER"] = import_string(self.own["USER"])
        self.settings = settings_with(given)
        if given:
            configure(self.settings)
