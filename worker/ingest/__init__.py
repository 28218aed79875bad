"""The kernel of ingestion: messages are judged, derived, made rows and written, whatever their source.

Four sources feed it: `drain` (the stream), `relay` (the outbox), `backfills.importing` (lines of
files) and `backfills.replaying` (dead letters). It knows none of them, and nothing of Celery.
"""

from .fates import RETRY, Report
from .kernel import Ingest, make_ingest
from .prepared import Prepared
from .writer import store, write

__all__ = ["RETRY", "Ingest", "Prepared", "Report", "make_ingest", "store", "write"]
