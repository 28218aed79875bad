"""Celery: a task's events have the request and the actor of whoever called it.

    from trailkeeper.integrations.celery import install

    install(app)

It travels in a header of the task's message.
"""

from __future__ import annotations

from typing import Any

from celery import Celery
from celery.signals import before_task_publish, task_postrun, task_prerun

from trailkeeper.producer import request_header
from trailkeeper.producer.frames import RequestContext, pop, push
from trailkeeper.producer.log_line import logger
from trailkeeper.producer.validation.text import shortened
from trailkeeper.producer.validation.values import unproxied

HEADER = request_header.NAME
TOKEN = "trailkeeper_token"  # noqa: S105 - a context variable's

_installed: set[int] = set()
"""Identities of the applications; they live as long as the process."""


def install(app: Celery) -> None:
    """Carry the running request from whoever calls a task to the task, and on to the tasks that it calls.

    Call it where the application is made, which callers and workers import alike. Retries, chains,
    groups, callbacks and error callbacks belong to the request too; a task called eagerly runs in it anyway.
    The header is written for every application of the calling process, and read for this one's tasks.
    """
    _installed.add(id(unproxied(app)))  # Celery's `current_app` stands for another object
    before_task_publish.connect(_attach, dispatch_uid=HEADER)
    task_prerun.connect(_enter, dispatch_uid=HEADER)
    task_postrun.connect(_leave, dispatch_uid=HEADER)


def _attach(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Write the running request into a message; take out what the caller itself put there."""
    if headers is None:
        return
    headers.pop(HEADER, None)
    if (header := request_header.dump()) is not None:
        headers[HEADER] = header


def _enter(task: Any, **_: Any) -> None:
    if id(task.app) not in _installed or task.request.is_eager:
        return
    header = task.request.get(HEADER)
    context = None if header is None else request_header.load(header)
    if header is not None and context is None:
        logger.warning("request_header_ignored task=%s header=%s", shortened(task.name), shortened(header))
    # also without a header: an actor that the task sets must not stay with its process
    setattr(task.request, TOKEN, push(context or RequestContext()))


def _leave(task: Any, **_: Any) -> None:
    if (token := task.request.get(TOKEN)) is not None:
        setattr(task.request, TOKEN, None)
        pop(token)
