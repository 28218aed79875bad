"""How the schema came to be, step by step. Run by `models.migrate`; steps only go forward."""
