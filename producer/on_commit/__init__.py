"""Events sent after the application's transaction is committed, on any database.

`emit_on_commit` is for SQLAlchemy; Django's is `integrations.django.emit_on_commit`. An event
inserted by the transaction itself is the matter of `producer.outbox`.
"""

from .sqlalchemy import emit_on_commit

__all__ = ["emit_on_commit"]
