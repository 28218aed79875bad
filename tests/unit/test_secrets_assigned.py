"""Secrets behind a name: the whole value goes, whatever its quoting, and nothing else."""

from __future__ import annotations

import json

import pytest

from trailkeeper.producer.secrets.texts import is_harmless, without_secrets

FOUND = {
    "mysqldump --password=hunter2 shop": "mysqldump --password=* shop",
    "prog --api-key=deadbeef -x": "prog --api-key=* -x",
    "PGPASSWORD=hunter2 psql": "PGPASSWORD=* psql",
    "csrfmiddlewaretoken=AbCd&x=1": "csrfmiddlewaretoken=*&x=1",
    "userpassword=hunter2&pass=hunter3": "userpassword=*&pass=*",
    "accesstoken=abcdef;authtoken=ghijkl": "accesstoken=*;authtoken=*",
    "?session_id=a8dj29dks92kd92kd92k&x=1": "?session_id=*&x=1",
    "?session_id=abcdefgh&x=1": "?session_id=*&x=1",
    r"password=a\ b x": "password=* x",
    "user[password]=hunter2&x=1": "user[password]=*&x=1",
    "password=a,bcdef": "password=*",
    "password=ab;cdef host=x": "password=* host=x",
    "password=a[bc]def": "password=*",
    "password=(abc)def": "password=*",
    "(password=hunter2)": "(password=*)",
    "{password=hunter2, user=bob}": "{password=*, user=bob}",
    "Uid=u;Pwd={hun;ter2};Server=s": "Uid=u;Pwd=*;Server=s",
    "Password=abc;Trusted_Connection=yes": "Password=*;Trusted_Connection=yes",
    'password="ab"cdef': "password=*",
    'password="two words" x': 'password="*" x',
    "password='it''s me' x": "password='*' x",
    "password=[secret removed]hunter2": "password=*",
    "password=ab[secret removed]hunter2 x": "password=* x",
    '<a href="?token=abcdef">': '<a href="?token=*">',
    '["password" => "hunter2", "a" => 1]': '["password" => "*", "a" => 1]',
    "{'password': b'hunter2', 'a': 1}": "{'password': b'*', 'a': 1}",
    '{"otp":123456,"a":1}': '{"otp":*,"a":1}',
    '{"recovery_codes": ["a", "b"], "c": 1}': '{"recovery_codes": *, "c": 1}',
    '{"password" : "hunter2"}': '{"password" : "*"}',
    '{"password":\n\t"hunter2"}': '{"password":\n\t"*"}',
    r'{"password": "hun\"ter2", "a": 1}': '{"password": "*", "a": 1}',
    '{"credentials": {"db": {"pw": "s1abc"}, "mq": "s2abc"}, "c": 1}': '{"credentials": *, "c": 1}',
    '{"passwords": ["a]b", "c d"]}': '{"passwords": *}',
    '{"tokens": [["a","s1"],["b","s2"]], "x": 1}': '{"tokens": *, "x": 1}',
    r"{\"secrets\": {\"a\": \"b}c\", \"d\": {}}, \"x\": 1}": r"{\"secrets\": *, \"x\": 1}",
    "{'authorization': ('Basic', ['a)b', 'c'])}": "{'authorization': *}",
    "Settings(secrets={'a': {'b': 'S1'}, 'c': b'}S2'}, x=1)": "Settings(secrets=*, x=1)",
    "secret_key=Secret(value='ab', other='c d') x": "secret_key=* x",
    "password=SecretStr('a b c') x": "password=* x",
    "password=[it's] x": "password=* x",
    "Uid=u;Pwd={hun[t'er2};Server=s": "Uid=u;Pwd=*;Server=s",
    "password=`hun ter2` x": "password=`*` x",
    "password=$'hun ter2' x": "password=$'*' x",
    "password=N'hun ter2' x": "password=N'*' x",
    'password=@"hun ter2" x': 'password=@"*" x',
    "password=“hun ter2” x": "password=* x",
    "password=«hun ter2» x": "password=* x",
    "/in?next=%2Fcb%3Ftoken%3Dabcdef0123%26x%3D1": "/in?next=%2Fcb%3Ftoken%3D*%26x%3D1",
    "/in?next=%252Fcb%253Ftoken%253Dabcdef0123": "/in?next=%252Fcb%253Ftoken%253D*",
    "Bearer  mF9B5f41JqM0a7c8d9e0": "*",
    "Bearer\tmF9B5f41JqM0a7c8d9e0": "*",
    "Bearer%20mF9B5f41JqM0a7c8d9e0": "*",
}


def starred(text: str) -> str:
    return without_secrets(text, lambda _: "*")


@pytest.mark.parametrize(("text", "left"), FOUND.items(), ids=FOUND)
def test_the_whole_value_goes_and_nothing_else(text: str, left: str) -> None:
    assert starred(text) == left


def test_a_value_goes_whatever_its_length() -> None:
    for value in ("x" * 10_000, "two words " * 1_000):
        assert starred(f'{{"password": "{value}"}}') == '{"password": "*"}'
        assert starred(f'{{"passwords": {[[value, "]"]] * 9}, "c": 1}}') == '{"passwords": *, "c": 1}'


def test_json_is_read_however_often_it_is_within_json() -> None:
    text = json.dumps({"password": 'hun"ter2', "a": 1})
    for _ in range(4):
        found = starred(text)
        assert "ter2" not in found
        assert found[-5:] == text[-5:]
        text = json.dumps({"b": text})


@pytest.mark.parametrize(
    "text",
    ["max_tokens=4096 model=x", '{"usage": {"total_tokens": 512}}', "?tokens=10&x=1", "cookie_consent=all"],
)
def test_a_count_of_tokens_is_no_token(text: str) -> None:
    assert starred(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "{&quot;password&quot;: &quot;hunter2&quot;}",
        "{&#34;password&#34;: &#34;hunter2&#34;}",
        r"{\u0022password\u0022: \u0022hunter2\u0022}",
        r"\u0022glpat-OtUh3g9IwOVV_kPvdCPi\u0022",
        "%22password%22%3A%22hunter2%22",
        "%7B%22password%22%3A+%22hunter2%22%7D",
        "https%3A%2F%2Fuser%3Apass%40host%2Fx",
        "-----BEGIN+RSA+PRIVATE+KEY-----%0AMIIabc",
        "-----BEGIN%20RSA%20PRIVATE%20KEY-----%0AMIIabc",
        "token=abc&body=%22password%22%3A%22hunter2%22",
    ],
)
def test_a_text_that_holds_a_secret_once_it_is_decoded_goes_whole(text: str) -> None:
    assert not is_harmless(text)
    assert starred(text) == "*"


@pytest.mark.parametrize(
    "text",
    [
        "https%3A%2F%2Fshop.example%3A8080%2F%40handle",
        "?q=%22forgot+password%22%3A+help",
        "?next=https%3A%2F%2Fshop.example%2Fa%3Fb%3Dc",
        "{&quot;token_id&quot;: &quot;7&quot;} &amp; more",
        r"{\u0022name\u0022: \u0022alice\u0022}",
    ],
)
def test_an_encoded_text_without_a_secret_stays(text: str) -> None:
    assert starred(text) == text


@pytest.mark.parametrize("value", ["true", "null", '""'])
def test_whether_there_is_a_secret_is_none(value: str) -> None:
    text = f'{{"password": {value}, "a": 1}}'
    assert starred(text) == text
