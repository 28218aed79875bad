"""What an application imports: `emit` records an event, and everything else is there to help it.

from producer import emit

emit("account:login:success", user=user, request=request, additional={"method": "totp"})
"""

from .context import RequestContext, bind, set_actor
from .emitter import Emitter
from .errors import (
    CatalogueError,
    EventNotRecorded,
    InvalidEvent,
    OutboxMissing,
    SettingsError,
    TrailkeeperError,
)
from .event import Actor, Credential, Event, Subject
from .process import aemit, configure, emit
from .receipt import Receipt
from .settings import ProducerSettings
from .transactions.on_commit import emit_on_commit

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
    "bind",
    "configure",
    "emit",
    "emit_on_commit",
    "set_actor",
]
