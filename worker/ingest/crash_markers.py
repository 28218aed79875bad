"""Crash markers: which messages may be killing the process that handles them.

A message that was delivered several times without an end is marked before it is handled:
only a process that dies on it leaves the mark behind. What has no mark yet may be handled
with others, since an outage makes thousands of such messages; what has one is handled alone.
So a slow database or a hundred restarts never reject anything, and a message that kills each
process that touches it does so three times.

A process that waits for Postgres does not die of a message, whoever kills it meanwhile. So whoever handles
marked messages has Postgres commit something first (`assert_commits`), and marks none while it cannot; and
as long as a process lives, nobody takes such messages over from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import redis

from trailkeeper.producer.redis_client import StreamFull
from trailkeeper.producer.redis_notes import mended, number_of
from trailkeeper.producer.stream_keys import crash_markers_key

from .fates import Report

DELIVERIES_BEFORE_SUSPICION = 3
DEATHS = 3


class CrashMarkers:
    """How often a process died while it was handling a message that was marked."""

    def __init__(self, client: redis.Redis, stream_key: str) -> None:
        self._client = client
        self._key = crash_markers_key(stream_key)
        self._set: set[str] = set()  # by this process, and not cleared yet

    def run(
        self,
        name: str,
        handle: Callable[[], Report],
        reject: Callable[[str, str], Report],
        finish: Callable[[], Report | None] = lambda: None,
    ) -> Report:
        """Handle one message with its marker set; reject it once it killed `DEATHS` processes.

        A full Redis takes no mark: then the message is left where it is.

        Args:
            name: of the message.
            handle: brings it to its fate.
            reject: makes it a dead letter, given reason and detail.
            finish: if it is stored already, lets it go and returns a report: its processes died afterwards.
        """
        self._clear_survived()
        deaths = self.deaths(name)
        try:
            self.enter(name)
        except StreamFull:
            return Report()
        try:
            if deaths < DEATHS:
                report = handle()
            else:
                # a message that kills whoever asks about it does so a few times more
                report = (finish() if deaths < 2 * DEATHS else None) or reject(
                    "killed_worker", f"{deaths} processes died while handling it"
                )
        except Exception:
            self.leave(name, deaths)
            raise
        self.clear(name)
        return report

    def run_together(self, names: Sequence[str], handle: Callable[[], Report]) -> Report:
        """Handle messages without a mark, all of them marked; a death counts as the first of each.

        A full Redis takes no mark: then the messages are left where they are.
        """
        self._set.update(names)
        try:
            self._mended(lambda: self._client.hset(self._key, mapping=dict.fromkeys(names, 1)))
        except StreamFull:
            self._set.difference_update(names)
            return Report()
        try:
            report = handle()
        except Exception:
            self.clear(*names)
            raise
        self.clear(*names)
        return report

    def marked(self, names: Sequence[str]) -> set[str]:
        """Those that a process died on."""
        self._clear_survived()
        marks = self._mended(lambda: self._client.hmget(self._key, names))
        return {name for name, mark in zip(names, marks, strict=True) if mark is not None}

    def deaths(self, name: str) -> int:
        """How many processes died on it so far."""
        return number_of(self._mended(lambda: self._client.hget(self._key, name)))

    def enter(self, name: str) -> None:
        """Count one death in advance."""
        self._set.add(name)
        self._mended(lambda: self._client.hincrby(self._key, name, 1))

    def leave(self, name: str, deaths: int) -> None:
        """It was not brought to its fate, and this process is still alive: as many died as before."""
        if not deaths:
            self.clear(name)
            return
        self._mended(lambda: self._client.hset(self._key, name, str(deaths)))
        self._set.discard(name)

    def clear(self, *names: str) -> None:
        """Forget them: this process is still alive."""
        self._mended(lambda: self._client.hdel(self._key, *names))
        self._set.difference_update(names)

    def _clear_survived(self) -> None:
        if self._set:  # Redis was away when they were to be cleared
            self.clear(*self._set)

    def _mended(self, run: Callable[[], Any]) -> Any:
        return mended(self._client, run, self._key)
