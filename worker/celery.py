"""The Celery application: `celery -A trailkeeper.worker worker`, `celery -A trailkeeper.worker beat`.

Celery is known in this module, `tasks`, `control`, `broker`, `broker_keys`, `dispatcher`, `replacer`,
`full_redis_drain` and celeryconfig.py, and nowhere else. No event ever travels in a Celery message.
"""

from __future__ import annotations

from celery import Celery
from celery.worker.control import Panel

from .broker import use_tolerant_transport
from .dispatcher import Dispatcher
from .full_redis_drain import FullRedisDrain
from .replacer import Replacer

# an order such as `shutdown` or `cancel_consumer` may come from whoever can publish in Redis
QUESTIONS = {Panel.data[name] for name, known in Panel.meta.items() if known.type == "inspect"}
for name in [name for name, answer in Panel.data.items() if answer not in QUESTIONS]:
    del Panel.data[name]

use_tolerant_transport()
app = Celery("trailkeeper", include=["trailkeeper.worker.tasks"])
app.config_from_object("trailkeeper.celeryconfig")
app.steps["consumer"].update({Dispatcher, Replacer})
app.steps["worker"].add(FullRedisDrain)
