"""A judge for tests: the shipped event types, or others, and secrets replaced by marks."""

from __future__ import annotations

from trailkeeper.producer.catalogue import Catalogue, load
from trailkeeper.producer.secrets import SecretGuard
from trailkeeper.worker.ingest.judge import Judge


def a_judge(catalogue: Catalogue | None = None, guard: SecretGuard | None = None) -> Judge:
    """A judge that asks for no signature."""
    return Judge(load() if catalogue is None else catalogue, guard or SecretGuard())
