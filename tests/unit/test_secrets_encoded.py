"""Secrets in what a URL, a page, JSON, a log or a terminal wrote in another way: only the secret goes."""

from __future__ import annotations

import html
import json
import random
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.secret_samples import SECRETS
from trailkeeper.producer.secrets.encoded import MOST_LEVELS, readings
from trailkeeper.producer.secrets.texts import is_harmless, without_secrets

TOKEN = "glpat-" + "OtUh3g9IwOVV_kPvdCPi"
ESCAPES = (
    *(
        r"\n",
        r"\t",
        r"\r\n",
        r"\\n",
        r"\\\\t",
        r"\u003d",
        r"\u{a}",
        r"\U0000000a",
        r"\x3b",
        r"\x{a}",
        r"\012",
        r"\e[32m",
    ),
    *(
        "%20",
        "%2F",
        "%0A",
        "%250a",
        "%25252F",
        "%u000a",
        "%D0%B0%3A",
        "%5Cn",
        "&#61;",
        "&#x3D;",
        "&amp;#10;",
        "&NewLine;",
    ),
    *(
        "=3D",
        "=0A",
        "#012",
        "^I",
        "^[[32m",
        "`n",
        "\x1b[32m",
        "\x1b[1;32m\x1b[0m",
        "\x1b(B",
        "\x9b0m",
        r"\u001b[0m",
        r"\u0026#10;",
    ),
)
"""Ends of lines, spaces and signs as all kinds of texts write them; most end in a letter or a digit."""


def starred(text: str) -> str:
    return without_secrets(text, lambda _: "*")


@pytest.mark.parametrize("escape", ESCAPES)
def test_a_secret_of_every_shape_is_found_behind_every_escape(escape: str) -> None:
    chance = random.Random(7)
    for name, make in SECRETS.items():
        secret = make(chance)
        text = f"x{escape}{secret}"
        assert not is_harmless(text), name
        assert starred(text) == f"x{escape}{starred(f' {secret}')[1:]}", name


@pytest.mark.parametrize("escape", ESCAPES)
@pytest.mark.parametrize("name", ["api_key", "pwd", "otp", "pass", "sessionid", "Bearer"])
def test_a_name_is_read_behind_every_escape(name: str, escape: str) -> None:
    text = f"x{escape}{name}=hunter22"
    assert not is_harmless(text)
    assert starred(text) == f"x{escape}{name}=*"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (r"\u0022glpat-OtUh3g9IwOVV_kPvdCPi\u0022", r"\u0022*\u0022"),
        ("%7B%22password%22%3A+%22hunter2%22%7D", "%7B%22password%22%3A+%22*%22%7D"),
        ("https%3A%2F%2Fuser%3Apass%40host%2Fx", "https%3A%2F%2F*%40host%2Fx"),
        ("-----BEGIN+RSA+PRIVATE+KEY-----%0AMIIabc", "*"),
        ("-----BEGIN%20RSA%20PRIVATE%20KEY-----%0AMIIabc", "*"),
        ("token=abc&body=%22password%22%3A%22hunter2%22", "token=*&body=%22password%22%3A%22*%22"),
        ("\x1b[01;31m\x1b[Kgl" + "pat-\x1b[m\x1b[KOtUh3g9IwOVV_kPvdCPi x", "\x1b[01;31m\x1b[K* x"),
        (r"ghp\_wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx", "*"),
        (r'{"dsn": "postgres:\/\/app:hun\/ter2@db"}', r'{"dsn": "postgres:\/\/*@db"}'),
        ("?a=1\\u0026token\\u003dhunter22", "?a=1\\u0026token\\u003d*"),
    ],
)
def test_of_a_text_that_is_encoded_only_the_secret_goes(text: str, left: str) -> None:
    assert not is_harmless(text)
    assert starred(text) == left


@pytest.mark.parametrize(
    "quotes",
    ["&quot;", "&#34;", "&#034;", "&#x0022;", "&#39;", "&#039;", "&apos;", r"\x22", r"\u0022", r"\042"],
)
def test_quotes_are_quotes_however_they_are_written(quotes: str) -> None:
    text = '{"password": "hunter22", "a": 1}'.replace('"', quotes)
    assert starred(text) == text.replace("hunter22", "*")


def test_what_is_encoded_several_times_is_read() -> None:
    by_url = by_page = mixed = json.dumps({"password": "hunter22"})
    for level in range(MOST_LEVELS):
        by_url, by_page = quote(by_url), html.escape(by_page)
        mixed = quote(mixed) if level % 2 else html.escape(mixed)
        for text in (by_url, by_page, mixed):
            assert starred(text) == text.replace("hunter22", "*")


@given(st.text(st.sampled_from('\\%&#;=^`\x1bnux0125aA[m"é ')))
def test_each_place_in_a_reading_leads_back_to_its_own_in_the_text(text: str) -> None:
    for reading in readings(text):
        done = 0
        for place, letter in enumerate(reading.text):
            start, end = reading.written(place, place + 1)
            assert 0 <= start < end <= len(text)
            assert start >= done or text[start] in "%\\&"  # several letters of one escape
            assert end - start > 1 or text[start] == letter
            done = end
