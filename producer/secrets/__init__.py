"""Keeps secrets out of events: passwords, tokens and keys that slipped into `additional`."""

from .guard import SecretGuard, SecretsPolicy
from .shapes import REMOVED

__all__ = ["REMOVED", "SecretGuard", "SecretsPolicy"]
