"""What admins ask for on pages and over the API, carried out once. Knows nothing of Celery."""

from .carrier import Carrier

__all__ = ["Carrier"]
