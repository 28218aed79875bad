"""Scripted people, and a few who mean no good, who use the package index over HTTP.

``drive(url)`` plays all of it; each story is a module's generator, whose every
``yield`` is a pause.
"""

from .drive import drive

__all__ = ["drive"]
