"""What an application imports: `emit` records an event, and everything else is there to help it.

from trailkeeper import emit

emit("account:login:success", user=user, request=request, additional={"method": "totp"})
"""

from .producer.batch import batch
from .producer.carrying import carry
from .producer.context import bind, set_actor
from .producer.emitter import Emitter
from .producer.errors import (
    CatalogueError,
    EventNotRecorded,
    InvalidEvent,
    OutboxMissing,
    SettingsError,
    TrailkeeperError,
)
from .producer.event import Actor, Credential, Event, Subject
from .producer.frames import RequestContext
from .producer.on_commit import emit_on_commit
from .producer.process import aemit, configure, emit
from .producer.receipt import Receipt
from .producer.settings import ProducerSettings

__all__ = [
    "Actor",
    "CatalogueError",
    "Credential",
    "Emitter",
    "Event",
    "EventNotRecorded",
    "InvalidEvent",
    "OutboxMissing",
    "ProducerSettings",
    "Receipt",
    "RequestContext",
    "SettingsError",
    "Subject",
    "TrailkeeperError",
    "aemit",
    "batch",
    "bind",
    "carry",
    "configure",
    "emit",
    "emit_on_commit",
    "set_actor",
]
