"""What the embedded stack raises."""


class EmbeddedError(Exception):
    """A server could not be started or found: says which, where, and what to do."""
