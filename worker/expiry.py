"""How long a task may wait for a worker that takes it."""

EXPIRES_SECONDS = 3600
"""Celery compares the sender's clock with the taker's. Where these are minutes apart, a task that expires
after seconds is thrown away unseen, every time; so it may wait for as long as hosts' clocks may differ. What
piles up meanwhile is harmless: it does nothing, or what one would do, once more."""
