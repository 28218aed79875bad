"""Which stretch of time a partition holds, and how partitions come and go."""

from trailkeeper.models.periods import Period, id_floor, period_of, period_of_id

from .known import Partition, existing, leftovers
from .manage import beyond, ensure, ensure_ahead, is_past
from .remove import drop, finish

__all__ = [
    "Partition",
    "Period",
    "beyond",
    "drop",
    "ensure",
    "ensure_ahead",
    "existing",
    "finish",
    "id_floor",
    "is_past",
    "leftovers",
    "period_of",
    "period_of_id",
]
