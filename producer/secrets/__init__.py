"""Secrets stay out of events: passwords, tokens and keys that slipped into `additional`."""

from .guard import Policy, SecretGuard
from .shapes import REMOVED

__all__ = ["REMOVED", "Policy", "SecretGuard"]
