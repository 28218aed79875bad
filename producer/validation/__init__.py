"""`emit` refuses everything that a worker could not store, while the caller can still fix it."""

from .additional import payload_of
from .arguments import actor_of, id_of, moment_of, subject_of
from .event import encoded
from .text import harmless, is_address

__all__ = ["actor_of", "encoded", "harmless", "id_of", "is_address", "moment_of", "payload_of", "subject_of"]
