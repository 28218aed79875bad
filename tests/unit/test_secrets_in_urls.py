"""User and password go from a URL as those read them who open it; an address behind a URL stays."""

from __future__ import annotations

import pytest

from trailkeeper.producer.secrets.texts import is_harmless, without_secrets

FOUND = {
    "https://jane@corp.com:s3cretPw@art.corp.com/simple": "https://*@art.corp.com/simple",
    "smtp://user@example.com:pw12345@smtp.example.com:587": "smtp://*@smtp.example.com:587",
    "postgresql://admin@srv:Passw0rd@srv.postgres.example/db": "postgresql://*@srv.postgres.example/db",
    "postgresql+psycopg2://app:ab/cd+ef==@db:5432/app": "postgresql+psycopg2://*@db:5432/app",
    "redis://:pa/ss@host:6379/0": "redis://*@host:6379/0",
    "postgres://u:p?w@host/x": "postgres://*@host/x",
    r'{"dsn":"postgres:\/\/app:hunter2@db\/x"}': r'{"dsn":"postgres:\/\/*@db\/x"}',
    r"{\"dsn\":\"postgres:\\/\\/app:ab\\/c@db\\/x\"}": r"{\"dsn\":\"postgres:\\/\\/*@db\\/x\"}",
    "http://a:b@c@d/x": "http://*@d/x",
    "https://u:p,w;(x)@host": "https://*@host",
    "https://u:12345@host/": "https://*@host/",
    "https://u:p@host?email=a@b.example": "https://*@host?email=a@b.example",
    "https://jane@corp.com:pw@h/x@y:z": "https://*@h/x@y:z",
    "postgresql://app:Xk{9}w7T@db/x": "postgresql://*@db/x",
    "postgresql://app:p'w9xQz7@db/x": "postgresql://*@db/x",
    "'postgresql://app:p'w9xQz7@db/x'": "'postgresql://*@db/x'",
    'postgresql://app:a"b9<>[]`Qz7x@db/x': "postgresql://*@db/x",
    "postgresql://app:80/secret9@db/x": "postgresql://*@db/x",
    "postgresql://app:p@ss/w0rd@db/x": "postgresql://*@db/x",
    "postgres://u:p@host/db?email=a@b.example": "postgres://*@host/db?email=a@b.example",
    "https://us;er,s:pw@h": "https://*@h",
    "https://u:pa/ss9@h": "https://*@h",
    "https://u:pass9/@h": "https://*@h",
    "redis://:pw1@10.0.0.1:6379/0": "redis://*@10.0.0.1:6379/0",
    "redis://:12345/x@cache/0": "redis://*@cache/0",
    "mongodb://u:123/x@db/app": "mongodb://*@db/app",
    "postgres:%2F%2Fu:hunter22@h/db": "postgres:%2F%2F*@h/db",
}
NOTHING = [
    '{"home":"https://example.com","email":"jane@example.com"}',
    '{"origin":"https://shop.example","user":"jane@example.com","amount":5}',
    r'{"home":"https:\/\/example.com:8080\/path\/@handle"}',
    "http://localhost:8000?next=user@example.com",
    "https://example.org:8443#ops@example.org",
    "MyBot/1.0 (+https://bot.example;mailto:ops@bot.example)",
    "check_http (https://bot.example:443;ops@bot.example)",
    "https://example.com:8080/path/@handle",
    "https://$HOST:$PORT/path/@handle",
    "https://medium.example/@user",
    "https://packages.example/@scope:pkg",
    "https://a.example,https://b.example:443,ops@b.example",
    "[home](https://example.com):<jane@example.com>",
    "<https://example.com>:jane@example.com",
    "git+ssh://git@github.com:org/repo.git@v1.0#egg=x",
    "git://github.com:org/repo@main",
    "file://C:/Users/jane@corp/x",
    "mongodb://h1:27017,h2:27017/db?u=a@b",
    f"docker://nginx:1.25@sha256:{'ab' * 32}",
    "https://localhost:8080>;x,<mailto:a@b>",
    '"see https://h.example","email":"jane@h.example"',
    'home: "https://{host}:{port}", mail: "a@b.example"',
    "svn://host:3690/repo/trunk@1234",
    "redis://cache:6379/0,alice@example.com,200",
    "postgresql://db.internal:5432/app;alice@example.com",
    "postgres://db:5432/app|alice@example.com",
    "amqp://rabbit:5672/vhost@prod",
    "mongodb://db:27017/app@tenant",
    "redis://a:6379/0;redis://b:6379/0;alice@example.com",
    "https://example.com,mailto:bob@example.com",
    "Bot/1.0 (+https://example.com|mailto:bob@example.com)",
    "https://a.example,https://b.example;email:bob@example.com",
    "http://localhost:PORT/@vite/client",
    "http://localhost:port/src/@vite/client",
    "mongodb://db:PORT/app@tenant",
    "https://host:xxxx/@scope/pkg",
    "https://wiki:Main_Page/@bob",
    "https://wiki:Main_Page/of/@bob",
    "ws://host:ws/@x",
    "http://2001:db8::1/@x",
    "maven://org.slf4j:slf4j-api@2.0",
]


@pytest.mark.parametrize(("text", "left"), FOUND.items(), ids=FOUND)
def test_user_and_password_go_from_a_url(text: str, left: str) -> None:
    assert not is_harmless(text)
    assert without_secrets(text, lambda _: "*") == left


@pytest.mark.parametrize("text", NOTHING)
def test_an_address_behind_a_url_and_a_path_behind_a_port_are_no_password(text: str) -> None:
    assert without_secrets(text, lambda _: "*") == text
