"""The outbox: an event inserted in the caller's own transaction, and committed or rolled back with it.

The emitter uses it, so nothing here knows the emitter. What sends events after a commit is
`producer.on_commit`; docs/transactions.md says which of the two to use when.
"""

from .table import Outbox, TableOutbox

__all__ = ["Outbox", "TableOutbox"]
