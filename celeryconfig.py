"""Celery's settings. Values come from TRAILKEEPER_* (worker/settings.py); a test checks every name.

Celery carries control messages only, so a lost one costs a delay and never an event.
"""

from celery.schedules import crontab
from kombu.entity import Exchange, Queue

from trailkeeper.worker import broker_url as _urls
from trailkeeper.worker.expiry import EXPIRES_SECONDS
from trailkeeper.worker.settings import settings

_broker = _urls.broker_of(settings())
_exchange = Exchange("trailkeeper", type="direct")

# Broker. The prefix keeps Celery's keys apart from the stream and from other applications.
broker_url = _broker.url
broker_use_ssl = _broker.tls
broker_transport_options = {
    **_broker.options,
    **_urls.TIMEOUTS,
    "global_keyprefix": "trailkeeper:celery:",
    "visibility_timeout": 600,  # far above every time limit below
    "socket_keepalive": True,
    "health_check_interval": 25,  # finds a half-open connection
}
broker_connection_retry_on_startup = True
broker_connection_max_retries = None  # the default gives up after 100 and the worker exits
broker_channel_error_retry = True  # no answer of the broker is a reason to end
task_publish_retry = False  # the dispatcher's next tick is the retry

# Messages
accept_content = ["json"]
task_serializer = "json"
task_ignore_result = True
worker_send_task_events = False

# Queues: a backfill must never stand before a drain.
task_queues = [Queue(name, _exchange, routing_key=name) for name in ("ingest", "maintenance", "backfill")]
task_default_queue = "maintenance"
task_default_exchange = _exchange.name
task_default_routing_key = "maintenance"
task_create_missing_queues = False
task_routes = {
    "trailkeeper.drain": {"queue": "ingest", "routing_key": "ingest"},
    "trailkeeper.relay": {"queue": "ingest", "routing_key": "ingest"},
    "trailkeeper.backfill_chunk": {"queue": "backfill", "routing_key": "backfill"},
}

# Delivery and limits
worker_prefetch_multiplier = 1  # a waiting task is better taken by a free process elsewhere
worker_max_tasks_per_child = None  # memory stays flat; restarts would empty the caches
task_time_limit = 300  # no soft one: its exception, in the middle of a message, would make that a dead letter
worker_cancel_long_running_tasks_on_connection_loss = False  # a drain does not need the broker

# Time. Any number of beats may run: what they start is harmless twice. A task that no worker took expires by
# the clock of the worker that takes it, so after longer than clocks of hosts differ.
timezone = "UTC"
_options = {"expires": EXPIRES_SECONDS}
_schedules = {
    "beat_alive": 15.0,
    "make_partitions": 3600.0,
    "forget_stored_batches": 3600.0,
    "reap_consumers": 300.0,
    "resume_stalled_backfills": 10.0,
    "run_admin_commands": 10.0,  # the dispatcher sends one at once; this is for when its hint was lost
    "count": 60.0,
    "purge": crontab(hour="3", minute="17"),
    "scrub": crontab(hour="4", minute="17"),  # after the purge: what is gone needs no scrub
    "collect": crontab(day_of_week="sunday", hour="5", minute="17"),
}
beat_schedule = {
    name.replace("_", "-"): {"task": f"trailkeeper.{name}", "schedule": schedule, "options": _options}
    for name, schedule in _schedules.items()
}
