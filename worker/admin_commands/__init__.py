"""What admins ask for on pages and over the API, carried out once. Knows nothing of Celery."""

from .executor import AdminCommandExecutor

__all__ = ["AdminCommandExecutor"]
