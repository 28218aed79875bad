"""How many secrets of each shape are found, and how many ordinary texts are taken for one."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest

from tests.support.secret_samples import IDS, SECRETS, Make
from trailkeeper.producer.secrets import REMOVED
from trailkeeper.producer.secrets.randomness import is_random
from trailkeeper.producer.secrets.texts import without_secrets

SAMPLES = 200
LEAST_FOUND = 0.98
ROOT = Path(__file__).parents[2]


def cleaned(text: str) -> str:
    return without_secrets(text, lambda _: REMOVED)


@pytest.mark.parametrize("make", SECRETS.values(), ids=SECRETS)
def test_nearly_all_secrets_of_a_shape_are_found_wherever_they_stand(make: Make) -> None:
    chance = random.Random(20261129)
    samples = [make(chance) for _ in range(SAMPLES)]
    for written in ("{}", "found {}, revoke it", "({})", "x\n{}\ny"):
        found = sum(REMOVED in cleaned(written.format(sample)) for sample in samples)
        assert found / SAMPLES >= LEAST_FOUND, written


@pytest.mark.parametrize("make", IDS.values(), ids=IDS)
def test_an_id_stays_even_where_nothing_is_declared(make: Make) -> None:
    chance = random.Random(20261129)
    for _ in range(SAMPLES):
        text = make(chance)
        assert cleaned(text) == text
        assert not is_random(text), text


def ordinary_texts() -> Iterator[str]:
    """Names and summaries of the packages installed here and of their files, and real events."""
    for distribution in distributions():
        yield from (str(distribution.metadata[field] or "") for field in ("Name", "Version", "Summary"))
        yield from (str(file) for file in distribution.files or ())
    for line in (ROOT / "tests" / "data" / "mixed.jsonl").read_text(encoding="utf-8").splitlines():
        yield from _texts(json.loads(line))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def test_no_ordinary_text_is_taken_for_a_secret() -> None:
    texts = set(ordinary_texts())
    assert len(texts) > 5_000
    assert [text for text in texts if cleaned(text) != text or is_random(text)] == []
