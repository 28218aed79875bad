"""What `emit` refuses: everything that a worker could not store, said while the caller can still mend it."""

from .event import encoded
from .given import actor_of, moment_of, subject_of
from .text import harmless, is_address

__all__ = ["actor_of", "encoded", "harmless", "is_address", "moment_of", "subject_of"]
