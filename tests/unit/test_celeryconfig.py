"""Celery takes a misspelt setting in silence; these tests do not."""

from __future__ import annotations

import pytest
from celery.app.defaults import NAMESPACES, flatten

from trailkeeper import celeryconfig
from trailkeeper.producer.errors import SettingsError
from trailkeeper.producer.settings import changed
from trailkeeper.worker.celery import app
from trailkeeper.worker.clocks import CLOCK_SKEW
from trailkeeper.worker.dispatcher import QUEUE, TASK
from trailkeeper.worker.settings import WorkerSettings

OURS = {"EXPIRES_SECONDS", "crontab", "Exchange", "Queue", "settings"}  # what the module imports


def test_every_setting_is_one_that_celery_knows() -> None:
    known = {name for name, _ in flatten(NAMESPACES)}
    given = {name for name in vars(celeryconfig) if name[0].isalpha()} - OURS

    assert given - known == set()


def test_every_scheduled_task_exists() -> None:
    app.loader.import_default_modules()

    scheduled = {entry["task"] for entry in celeryconfig.beat_schedule.values()}

    assert scheduled - set(app.tasks) == set()


def test_no_task_of_beats_is_thrown_away_where_clocks_of_hosts_differ_by_minutes() -> None:
    expires = {entry["options"]["expires"] for entry in celeryconfig.beat_schedule.values()}

    assert expires == {CLOCK_SKEW.total_seconds()}


def test_drains_have_a_queue_of_their_own() -> None:
    app.loader.import_default_modules()

    assert app.amqp.router.route({}, TASK)["queue"].name == QUEUE
    assert {app.amqp.router.route({}, name)["queue"].name for name in ("trailkeeper.purge",)} == {
        "maintenance"
    }
    assert {queue.name for queue in celeryconfig.task_queues} == {"ingest", "maintenance", "backfill"}


def test_no_task_runs_longer_than_celery_waits_before_it_is_given_to_another() -> None:
    visibility_timeout = celeryconfig.broker_transport_options["visibility_timeout"]

    assert isinstance(visibility_timeout, int)
    assert celeryconfig.task_time_limit < visibility_timeout


def test_no_exception_of_celery_reaches_a_message_that_is_being_judged() -> None:
    soft_limits = {app.conf.task_soft_time_limit} | {task.soft_time_limit for task in app.tasks.values()}

    assert soft_limits == {None}


def test_no_drain_that_the_settings_allow_comes_near_the_time_limit_that_would_kill_it() -> None:
    longest = changed(WorkerSettings(), {"drain_seconds": 60.0}).drain_seconds
    assert longest * 4 < celeryconfig.task_time_limit
    with pytest.raises(SettingsError, match=r"drain_seconds is 61.0; expected 0.1 to 60 seconds"):
        changed(WorkerSettings(), {"drain_seconds": 61.0})


def test_no_lease_is_as_short_as_a_batch_takes() -> None:
    with pytest.raises(SettingsError, match=r"lease_seconds is 0.001; expected 1 to 86,400 seconds"):
        changed(WorkerSettings(), {"lease_seconds": 0.001})
