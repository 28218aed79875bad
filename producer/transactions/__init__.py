"""Events and the transactions of the application: within them (`outbox`), or right after them (`on_commit`).

docs/transactions.md says which to use when, and what each does not promise.
"""
