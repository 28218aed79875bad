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
from trailkeeper.producer.secrets.texts import is_harmless, without_secrets

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


@pytest.mark.parametrize(
    "text",
    [
        *("ico-Facebook-32x32-Dark.png", "/static/img/ico-Arrow-Right-24px.svg", "xai-Tutorial-NeurIPS-2023"),
        *("ops_Runbook_Production_2024_v2", "secret_Santa_Project_2024", "gsk_Glasgow_Report_2024_Q1"),
        *("sb_Storybook_Components_v8", "sl.Something-Release-2024-x", "dp.Controls.DataGrid.2024.1"),
        *("e2b_Experiment_2024_RunA1", "fio_Benchmark_2024_NVMe0n1", "jina_Embeddings_v3_Notebook"),
        *("hf_TransformersCourseNotebookVersion", "npm_PackageManagerComparisonTable2024"),
        *("sk-learn-Tutorial-2024-Notebook-Final-v2", "sk-SK-translations-2024-release"),
        *("cs_CZ_Translation_secret_garden_book", "github_pat_documentation_and_examples"),
        *("gho_st_story_2024_halloween_party", "glrt-documentation-notes-2024", "rk_live_streaming_2024"),
        *("SG.Project-Documentation-v2.Final-Report-2024", "hvs.something-long-enough-name"),
        *("xoxo-lovely-wedding-2024", "ASIANINFLUENCEDCUISI", "ASIAPACIFICREGION2024"),
        *("cookie: chocolate chip recipe", "Set-Cookie: how it works", "Cookie: a short guide"),
        *("/talks?session=42&x=1", "/talks?session_id=42", "/news/story?sid=24/01/02", "map?lat=1&pan=12.5"),
        *("Add basic OpenStreetMap support", "Basic GitHubActions runner", "a basic WhatsAppWeb client"),
        *("Use bearer OAuth2Session of requests", "Bearer ${TOKEN_1_2_3}", 'Bearer error_description="none"'),
        *("Basic Osunbit SDK", "bearer of the HttpAuthenticationFeature", "Bearer {{ token_2_of_3 }}"),
        *("TypeError: s.getTotalCountOfItemsById is not a function", "s.isFeatureEnabledForUserX(a)"),
        *("at s.renderRowsOfTableByIndex (main.js:1:2)", "s.getBase64OfUtf8InStrings()"),
        *("/talks?session=Opening-Keynote-2024", '{"talks": {"session": "Opening Keynote"}}'),
    ],
)
def test_a_name_that_begins_as_secrets_do_stays(text: str) -> None:
    assert cleaned(text) == text


PIECES = (
    *(
        "password",
        "token",
        "session_id",
        "otp",
        "sid",
        "--api-key",
        "x",
        '"',
        "'",
        '\\"',
        "\\",
        "=",
        ":",
        " ",
    ),
    *("\n", "%3D", "%3F", "&", ";", ",", "[", "]", "{", "}", "(", ")", "b'", "hunter2", "123456", "null"),
    *(":\\/\\/", "/", "8080", "?", "`", "$'", "“", "%22", "%3A", "&quot;", "\\u0022", "+", "%40", "”", "«"),
    *("%20", r"\n", r"\x22", "&#61;", "\x1b[32m", "^M", "==", "1.2.3", "пароль", "postgres", "app:pw", "=3D"),
    *(REMOVED, "://", "@", "Cookie: ", "Bearer", "bEARER ", "\t", "%20", "-----BEGIN PRIVATE KEY-----"),
)
"""What texts with secrets are made of, whose every order is possible."""


def test_the_quick_check_calls_no_text_harmless_that_the_search_changes() -> None:
    chance = random.Random(20261130)
    samples = [make(chance) for make in SECRETS.values() for _ in range(3)]
    missed = set()
    for _ in range(30_000):
        pieces = chance.choices(PIECES, k=chance.randrange(1, 7))
        text = "".join([*pieces, chance.choice(samples)] if chance.random() < 0.2 else pieces)
        if cleaned(text) != text and is_harmless(text):
            missed.add(text)
        assert cleaned(cleaned(text)) == cleaned(text)
    assert missed == set()


def test_a_text_of_36_letters_with_hyphens_is_a_uuid_only_if_its_letters_are() -> None:
    for text in ("my-login-user-password=hunter2secret", "aaaaaaaa-bbb-password=correcthorse12"):
        assert len(text) == 36
        assert not is_harmless(text)
    assert is_harmless("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")


def test_no_ordinary_text_is_taken_for_a_secret() -> None:
    texts = set(ordinary_texts())
    assert len(texts) > 5_000
    assert [text for text in texts if cleaned(text) != text or is_random(text)] == []
