"""A Celery application whose tasks emit, for a worker and a caller in processes of their own."""

from __future__ import annotations

import os
import time
from typing import Any

from celery import Celery

from trailkeeper import emit
from trailkeeper.integrations.celery import install

TAG = "account:password:change"

app = Celery("theirs", broker=os.environ["THEIR_BROKER"], set_as_current=False)
app.conf.task_ignore_result = True
install(app)


def act(*_: Any) -> None:
    emit(TAG)


def call() -> None:
    app.tasks["act"].delay()


def retry(self: Any) -> None:
    if self.request.retries == 0:
        raise self.retry(countdown=0)
    emit(TAG)


def dawdle() -> None:
    """Long enough for others to run beside it."""
    time.sleep(0.05)
    emit(TAG)


# unless told otherwise, Celery registers a task in every application of the process
for task in (act, call, dawdle):
    app.task(name=task.__name__, shared=False)(task)
app.task(name="retry", shared=False, bind=True, max_retries=1)(retry)
