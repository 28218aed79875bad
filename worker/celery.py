"""The Celery application: `celery -A trailkeeper.worker worker`, `celery -A trailkeeper.worker beat`.

Celery is known in this module, `tasks`, `control`, `broker`, `dispatcher`, `replacer`, `full_redis_drain` and
celeryconfig.py, and nowhere else. No event ever travels in a Celery message.
"""

from __future__ import annotations

from celery import Celery

from .broker import use_tolerant_transport
from .dispatcher import Dispatcher
from .full_redis_drain import FullRedisDrain
from .replacer import Replacer

use_tolerant_transport()
app = Celery("trailkeeper", include=["trailkeeper.worker.tasks"])
app.config_from_object("trailkeeper.celeryconfig")
app.steps["consumer"].update({Dispatcher, Replacer})
app.steps["worker"].add(FullRedisDrain)
