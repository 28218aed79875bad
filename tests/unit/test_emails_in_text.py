"""Email addresses are found in texts wherever one may begin and end, and no others are."""

from __future__ import annotations

import json
import string
import unicodedata
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from trailkeeper.worker.retention.emails import emails_in, emails_said, plain
from trailkeeper.worker.retention.readings import readings

ANN = "ann.needle+x@mail.example.org"
WORD = string.ascii_letters + string.digits


@pytest.mark.parametrize(
    "text",
    [
        *(
            "“{}” asked us",
            "{}\u2019s account",
            "«{}»",
            "`{}`",
            "*{}*",
            "__{}__",
            "'{}'",
            "({})",
            "<{}>",
            "{}: broken",
        ),
        *(
            "email={}",
            "https://shop.example/users?email={}&page=2",
            "a@x.example/{}",
            "{}/work",
            "{}|x",
            "x|{}",
        ),
        *(
            "mailto:{}",
            "to:{};cc",
            "{}, bob@example.org",
            "{}.",
            "{}…",
            "{}—",
            "{{{}}}",
            "d'{}",
            "✉️{}",
            "#{}",
        ),
        *("\u200b{}\u200b", "x\\n{}\\n", "{}>", "a@b@{}", "@{}", "{}@", "…{}"),
        *("{}…mailbox full", "to…{}", "{}...User unknown", "x..{}", "{}--she said", "said--{}", "{}.-"),
        *("export_{}_2026.csv", "{}™", "{}¹", "{}①", "½{}", "a%5F{}%5Fb"),
    ],
)
@pytest.mark.parametrize(
    "email", [ANN, ANN.upper(), "josé@bücher.example", "o'brien@example.org", "用户@例子.example"]
)
def test_an_email_address_is_found_whatever_stands_around_it(text: str, email: str) -> None:
    assert plain(email) in emails_in(text.format(email))


def test_in_a_form_a_plus_is_a_blank() -> None:
    assert "ann@example.org" in emails_in("/search?q=mail+to+ann@example.org+now&page=2")


@pytest.mark.parametrize(
    "text", ["xann@example.org", "x+ann@example.org", "x.ann@example.org",
             "x-ann@example.org", "éann@example.org", "ann@",
             "ann@example.org.evil", "ann@example.orgs", "ann@example.org2", "ann@sub.example.org",
             "ann @ example.org", "ann.example.org"]
)  # fmt: skip
def test_another_address_is_not_taken_for_it(text: str) -> None:
    assert "ann@example.org" not in emails_in(text)


@pytest.mark.parametrize(
    "text",
    [
        *(quote(ANN), quote_plus(ANN), quote(quote(ANN)), f"/login?next={quote_plus('/?q=to ' + ANN)}"),
        *(
            "https://x.example/?q=mail+to+ann.needle%2Bx@mail.example.org+now",
            "?q=ann.needle%2Bx@mail.example.org+x",
        ),
        *(f"?q=to+{quote(ANN)}", json.dumps({"to": f"\n{ANN}"}), json.dumps(json.dumps({"to": f"\t{ANN}"}))),
        *(ANN.replace("@", "\\u0040"), ANN.replace("@", "\uff20"), "ann.needle+x@MAIL.example.org"),
    ],
)
def test_it_is_found_with_the_escapes_of_urls_and_json(text: str) -> None:
    assert ANN in emails_in(text)


def test_a_script_without_blanks_ends_where_an_address_begins() -> None:
    assert ANN in emails_in(f"連絡先{ANN}まで")


def test_a_domain_is_the_same_in_ascii() -> None:
    assert emails_in("ann@bücher.example") == {"ann@bücher.example"} <= emails_in("ann@xn--bcher-kva.example")


def test_who_says_one_address_says_no_other() -> None:
    assert emails_said("O'Brien@example.org") == {"o'brien@example.org"}
    assert emails_said("Jim O'Brien <jim=o'brien@example.org>") >= {"brien@example.org"}


def is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LM" or unicodedata.category(char) == "Nd"


def goes_on(away: str, signs: str) -> bool:
    """Whether a word goes on there: with a letter, or a sign with a letter behind it."""
    if away and away[0] in signs:
        away = away[1:]
    return bool(away) and is_letter(away[0])


SIGNS = st.text(".-_+…™¹①½=&%?\uff0e ax", max_size=4)
BEFORE = (st.text(max_size=5) | SIGNS).filter(lambda text: not goes_on(text[::-1], ".+-"))
AFTER = (st.text(max_size=5) | SIGNS).filter(lambda text: not goes_on(text, ".-"))


@given(
    local=st.from_regex(r"\A[a-z0-9](?:[a-z0-9._+=&'/-]{0,20}[a-z0-9])?\Z"),
    domain=st.from_regex(r"\A(?:[a-z0-9](?:[a-z0-9-]{0,5}[a-z0-9])?\.){1,3}[a-z]{2,5}\Z"),
    before=BEFORE,
    after=AFTER,
)
def test_any_address_is_found_in_any_text_where_no_word_goes_on(
    local: str, domain: str, before: str, after: str
) -> None:
    assume("xn--" not in domain)
    assert f"{local}@{domain}" in emails_in(f"{before}{local}@{domain}{after}")


@given(st.text("ann@=/'%\\u0040. é", max_size=30))
def test_a_text_is_one_of_its_readings_and_finding_takes_anything(text: str) -> None:
    assert text in readings(text)
    assert emails_said(text) <= emails_in(text)
