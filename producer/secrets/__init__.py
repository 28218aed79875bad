"""Keeps secrets out of events: passwords, tokens, keys and live sessions that slipped into a field."""

from .fingerprint import REMOVED
from .guard import SecretGuard, SecretsPolicy

__all__ = ["REMOVED", "SecretGuard", "SecretsPolicy"]
