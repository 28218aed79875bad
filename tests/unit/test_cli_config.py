from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.command import call
from trailkeeper.cli.all_settings import KINDS, all_settings
from trailkeeper.cli.setting_checks import problem_with
from trailkeeper.cli.urls import without_password
from trailkeeper.producer.settings import variable


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:secret@host:1/0", "redis://:***@host:1/0"),
        ("redis://joe:se/cr@et@host/0", "redis://joe:***@host/0"),
        ("redis://host/0?password=secret&db=1", "redis://host/0?password=***&db=1"),
        ("postgresql+psycopg2://joe@/x?host=%2Ftmp%2Fpg", "postgresql+psycopg2://joe@/x?host=/tmp/pg"),
        (
            "postgresql+psycopg2://joe:secret@h/x?sslpassword=secret",
            "postgresql+psycopg2://joe:***@h/x?sslpassword=***",
        ),
        ("secret", "(not a URL)"),
        (
            "postgresql+psycopg2:///audit?host=/run/pg&password=hunter@2secret",
            "postgresql+psycopg2:///audit?***",
        ),
        ("redis://joe:se?cr@et@host/0", "redis://joe?***"),
        ("redis://joe:secret/0", "redis://joe:***"),
        (
            "redis://host/0?pass%77ord=secret&%73sl_password=secret",
            "redis://host/0?password=***&ssl_password=***",
        ),
        ("redis://host/0?password=sec#ret&more&db=1", "redis://host/0?password=***&***&db=1"),
        (
            "redis+sentinel://:secret@[::1]:26379,s2:26379/mymaster/0?sentinel_password=secret",
            "redis+sentinel://:***@[::1]:26379,s2:26379/mymaster/0?sentinel_password=***",
        ),
        ("redis://:secret@h1:1/0 rediss://joe:se cret@h2:2/0", "redis://:***@h1:1/0 rediss://joe:***@h2:2/0"),
        ("unix://:secret@/run/redis.sock?db=1", "unix://:***@/run/redis.sock?db=1"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert without_password(url) == shown


ODD = st.text(st.sampled_from(":@/?#%&=;, []+~\\\t\n'\"") | st.characters(), max_size=8)
SECRET_NAMES = ["password", "sslpassword", "sentinel_password", "token", "api_key", "scram_client_key", "pwd"]


@given(
    base=st.sampled_from(
        [
            "redis://{}h:1/0",
            "redis+sentinel://{}h,i:1/m",
            "postgresql+psycopg2://{}/x",
            "amqp://{}h//",
            "x://{}",
        ]
    ),
    before=ODD,
    after=ODD,
    user=st.sampled_from(["", "joe"]),
    name=st.sampled_from(SECRET_NAMES),
    first=st.sampled_from(["", "host=/run/pg&", "db=1&"]),
    place=st.sampled_from(["user-info", "query"]),
)
def test_no_secret_of_a_url_is_shown_whatever_letters_it_has(
    *, base: str, before: str, after: str, user: str, name: str, first: str, place: str
) -> None:
    secret = f"{before}hunter{after}2secret"
    if place == "user-info":
        url = base.format(f"{user}:{secret}@")
    else:
        secret = secret.replace("&", "")  # where it ends for everybody
        url = f"{base.format('')}?{first}{name}={secret}"
    shown = without_password(url)
    assert "hunter" not in shown
    assert "2secret" not in shown


def test_config_never_prints_a_password(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "hunter2"
    urls = {
        "REDIS_URL": f"redis://:{secret}@h/0",
        "BROKER_URL": f"redis://x:{secret}@h/1",
        "DATABASE_URL": f"postgresql+psycopg2://joe:{secret}@h/x",
    }
    for arguments in (["config"], ["config", "--json"]):
        outcome = call(capsys, monkeypatch, *arguments, **urls)
        assert outcome.code == 0
        assert "joe:***@h/x" in outcome.out
        assert secret not in outcome.out + outcome.err


def test_config_shows_every_setting_with_its_meaning(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = call(capsys, monkeypatch, "config", "--json", STREAM="other")
    shown = {setting["variable"]: setting for setting in json.loads(outcome.out)["settings"]}
    fields = {variable(field.name) for kind in KINDS.values() for field in msgspec.structs.fields(kind)}
    assert set(shown) == fields
    assert (shown["TRAILKEEPER_STREAM"]["value"], shown["TRAILKEEPER_STREAM"]["is_set"]) == ("other", True)
    assert (shown["TRAILKEEPER_HOME"]["value"], shown["TRAILKEEPER_HOME"]["is_set"]) == (
        ".trailkeeper",
        False,
    )


def test_every_setting_says_what_it_means() -> None:
    assert [setting.variable for setting in all_settings() if not setting.meaning] == []


def test_a_variable_that_is_no_setting_is_told_with_the_closest_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = call(capsys, monkeypatch, "config", DATABSE_URL="x")
    assert outcome.code == 2
    assert outcome.err == "unknown: TRAILKEEPER_DATABSE_URL; did you mean TRAILKEEPER_DATABASE_URL?\n"


def test_every_wrong_value_is_told_at_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = call(capsys, monkeypatch, "config", BATCH_SIZE="many", EMIT_BUDGET_MS="0")
    assert outcome.code == 2
    assert [line.partition(" is ")[0] for line in outcome.err.splitlines()] == [
        "wrong: TRAILKEEPER_BATCH_SIZE",
        "wrong: TRAILKEEPER_EMIT_BUDGET_MS",
    ]


HUSH = "hunter2"
WRONG = [
    ("REDIS_URL", f"redis://:{HUSH}@h:70000/0", "expected"),
    ("REDIS_URL", f"redis://:{HUSH}@h:0/0", "with a port from 1 to 65535"),
    ("REDIS_URL", f"redis://:{HUSH}@h:port/0", "percent-encoded"),
    ("REDIS_URL", f"redis://:{HUSH}@h/zero", "expected one such as redis://:password@host:6379/0"),
    ("REDIS_URL", f"http://:{HUSH}@h", "a secret (http://***); expected a URL such as redis://"),
    ("REDIS_URL", f"redis//:{HUSH}@h", "expected a URL such as redis://"),
    ("BROKER_URL", f"redis://:{HUSH}@h:70000/1", "expected"),
    ("BROKER_URL", f"ampq://me:{HUSH}@h//", "no broker is called 'ampq'"),
    ("BROKER_URL", f"amqp://me:{HUSH}@h:70000//", "expected a port from 1 to 65535"),
    ("BROKER_URL", f"amqp://me:{HUSH}/x@h//", "a secret (amqp://***); expected a URL that Celery takes"),
    ("BROKER_URL", f"rediss://me:{HUSH}?x@h", "special characters in a password percent-encoded"),
    (
        "DATABASE_URL",
        f"postgres://joe:{HUSH}@h/x",
        "(postgres://***); expected a URL such as postgresql+psycopg2://",
    ),
    ("DATABASE_URL", f"postgresql://joe:{HUSH}@h/x", "expected a URL such as postgresql+psycopg2://"),
    ("DATABASE_URL", f"postgresql+asyncpg://joe:{HUSH}@h/x", "expected a URL such as postgresql+psycopg2://"),
    ("DATABASE_URL", f"postgresql+psycopg2://joe:{HUSH}@h:70000/x", "the port 70000; expected 1 to 65535"),
    ("DATABASE_URL", f"postgresql+psycopg2://joe:{HUSH}@h:port/x", "expected"),
    ("DATABASE_URL", "", "is a secret; expected a URL such as postgresql+psycopg2://"),
    ("VIEWS_DATABASE_URL", f"postgres://joe:{HUSH}@h/x", "expected a URL such as postgresql+psycopg2://"),
    ("SCHEMA", "Trail-Keeper", "is 'Trail-Keeper'; expected a name of at most 63 lower-case letters"),
    ("SCHEMA", "pg_trail", "expected a name"),
    ("SCHEMA", "1st", "expected a name"),
    (
        "CATALOGUE",
        "/no/such.toml",
        "is '/no/such.toml'; expected TOML files with event types: /no/such.toml: No such",
    ),
    ("CATALOGUE", "/", "expected TOML files with event types: /: Is a directory"),
    ("GEOIP", "/no/such.mmdb", "expected MaxMind-format files: /no/such.mmdb: No such file or directory"),
    ("GEOIP", __file__, "expected a MaxMind-format file"),
    ("TOKEN_PUBLIC_KEY", "/no/such.pem", "expected a PEM file with a public key: /no/such.pem: No such file"),
    ("TOKEN_PUBLIC_KEY", __file__, "expected a PEM file"),
    ("TOKEN_SECRET", HUSH, "is a secret; expected at least 32 characters"),
    ("METRICS_TOKEN", HUSH, "is a secret; expected at least 32 characters"),
    ("VIEWS_SECRET", HUSH, "is a secret; expected at least 32 characters"),
    ("FINGERPRINT_KEY", HUSH, "is a secret; expected a secret of 32 characters"),
    ("SIGNING_KEY", f"web:{HUSH}", "is a secret; expected name:secret"),
    ("VERIFY_KEYS", f"web:{HUSH}", "is a secret; expected name:secret"),
    ("VERIFY_KEYS", f"web+No tag:{HUSH * 5}", "expected"),
    (
        "TRUSTED_PROXIES",
        "*",
        "is '*'; expected addresses and networks with commas between: trusted proxy '*' is not",
    ),
    ("TRUSTED_PROXIES", "10.0.0.0/8,proxy.internal", "'proxy.internal' is not an address"),
    ("SPOOL", "spool.db", "is 'spool.db'; expected a path that ends in .sqlite, or off"),
    ("SPOOL", f"{__file__}/spool.sqlite", "cannot be made"),
    ("HOME", f"{__file__}/home", "expected a folder"),
    ("VIEWS_HOST", "http://views", "expected an address or the name of a host"),
    ("VIEWS_HOST", "127.0.0.256", "expected an address or the name of a host"),
    ("VIEWS_PORT", "70000", "is '70000'; expected int <= 65535"),
    ("VIEWS_PREFIX", "audit log", "expected a path such as /audit"),
    ("TOKEN_NOT_BEFORE", "yesterday", "is 'yesterday'"),
    ("RETENTION_USER_DAYS", "7", "expected 30 to 36,500 days, or forever"),
    ("SCRUB_DAYS", "soon", "expected 1 to 36,500 days, or never"),
    ("ON_INVALID", "ignore", "expected one of: raise, quarantine"),
    ("COOKIE_SECURE", "maybe", "is 'maybe'"),
]


@pytest.mark.parametrize(
    ("name", "value", "message"), WRONG, ids=[f"{name}={value}"[:60] for name, value, _ in WRONG]
)
def test_config_refuses_what_would_fail_later_and_shows_no_secret(
    name: str, value: str, message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments in (["config"], ["config", "--json"]):
        outcome = call(capsys, monkeypatch, *arguments, **{name: value})
        assert outcome.code == 2
        assert outcome.err.startswith(f"wrong: TRAILKEEPER_{name} is ")
        assert message in outcome.err
        assert len(outcome.err.splitlines()) == 1, outcome.err
        assert HUSH not in outcome.out + outcome.err


@pytest.mark.parametrize("name", ["REDIS_TLS_CA", "REDIS_TLS_CERT", "REDIS_TLS_KEY"])
def test_a_certificate_that_is_not_there_is_told(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = call(capsys, monkeypatch, "config", REDIS_URL="rediss://h/0", **{name: "/no/such.pem"})
    assert outcome.code == 2
    assert (
        f"wrong: TRAILKEEPER_{name} is '/no/such.pem'; expected a PEM file: /no/such.pem: No such"
        in outcome.err
    )
    outcome = call(capsys, monkeypatch, "config", **{name: "/no/such.pem"})
    assert outcome.err.splitlines() == [
        "wrong: TRAILKEEPER_REDIS_TLS_* are set, but TRAILKEEPER_REDIS_URL does not begin with rediss://"
    ]


@pytest.mark.parametrize("name", ["CATALOGUE", "GEOIP", "TOKEN_PUBLIC_KEY"])
@pytest.mark.skipif(os.geteuid() != 0, reason="gives up root's rights, which only root has")
def test_a_file_that_this_user_may_not_read_is_told(name: str, tmp_path: Path) -> None:
    for parent in [tmp_path, *tmp_path.parents][:3]:
        parent.chmod(0o711)
    (file := tmp_path / "closed").touch(0o600)
    value: tuple[str, ...] | str = str(file) if name == "TOKEN_PUBLIC_KEY" else (str(file),)
    problem_with(name.lower(), value)  # what it loads may be out of nobody's reach
    child = os.fork()
    if child == 0:
        os.setresuid(65534, 65534, 65534)
        problem = problem_with(name.lower(), value) or ""
        os._exit(0 if f"{file}: Permission denied" in problem else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_what_is_right_is_accepted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.toml").write_text(
        '[events."shop:order:place"]\nscope = "user"\nsentence = "{user} ordered"\n'
    )
    right = {
        "REDIS_URL": "redis://me:secret@redis.example:6380/2",
        "BROKER_URL": "amqp://me:secret@rabbit.example:5672//",
        "DATABASE_URL": "postgresql+psycopg2://joe:p%2Fw@db.example:6432/trail?sslmode=require",
        "VIEWS_DATABASE_URL": "postgresql+psycopg2:///trail?host=/run/postgresql",
        "CATALOGUE": str(tmp_path / "own.toml"),
        "SPOOL": str(tmp_path / "not" / "yet" / "spool.sqlite"),
        "HOME": str(tmp_path / "home"),
        "TRUSTED_PROXIES": "10.0.0.0/8, ::1, unix",
        "VIEWS_HOST": "::",
        "SIGNING_KEY": f"web:{HUSH * 5}",
        "VERIFY_KEYS": f"web@shop:{HUSH * 5},old:{HUSH * 5}",
    }
    outcome = call(capsys, monkeypatch, "config", **right)
    assert (outcome.code, outcome.err) == (0, "")
    assert HUSH not in outcome.out


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_config_fits_the_terminal(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    long = f"postgresql+psycopg2://joe@/x?host={'long/' * 40}"
    lines = call(capsys, monkeypatch, "config", DATABASE_URL=long).out.splitlines()
    assert max(map(len, lines)) <= columns
    assert "TRAILKEEPER_BATCH_SIZE  2000  (default)" in lines
    assert "    messages stored in one transaction." in lines
