"""Tokens from the command line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Outcome, call, is_one_line
from trailkeeper.cli.embedded.secret import token_secret
from trailkeeper.views.settings import ViewsSettings
from trailkeeper.views.tokens import verify
from trailkeeper.views.viewer import Viewer

SECRET = "a secret of more than thirty-two characters"


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    def run(*arguments: str, **variables: str) -> Outcome:
        monkeypatch.chdir(tmp_path)
        return call(capsys, monkeypatch, "token", *arguments, **variables)

    return run


def viewer_of(outcome: Outcome, secret: str = SECRET) -> Viewer:
    return verify(ViewsSettings(token_secret=secret), outcome.out.strip())


@pytest.mark.parametrize(
    ("arguments", "viewer"),
    [
        (["--user", "u1"], Viewer(user_id="u1")),
        (["--admin"], Viewer(staff=True)),
        (["--admin", "--user", "s1"], Viewer(user_id="s1", staff=True)),
        (
            ["--user", "u1", "--owner", "p1", "--owner", "p2", "--maintainer", "p3", "--maintainer", "p1"],
            Viewer(user_id="u1", projects={"p1": "owner", "p2": "owner", "p3": "maintainer"}),
        ),
        (
            ["--user", "u1", "--org-owner", "o1", "--org-maintainer", "o2"],
            Viewer(user_id="u1", organizations={"o1": "owner", "o2": "maintainer"}),
        ),
    ],
)
def test_a_token_says_what_was_asked_for(arguments: list[str], viewer: Viewer, ask: Any) -> None:
    outcome = ask(*arguments, TOKEN_SECRET=SECRET)
    assert (outcome.code, viewer_of(outcome)) == (0, viewer)
    assert outcome.err == "not recorded, as TRAILKEEPER_REDIS_URL is not set\n"


def test_the_homes_secret_signs_where_the_environment_names_none(ask: Any, tmp_path: Path) -> None:
    secret = token_secret(tmp_path / "home")
    outcome = ask("--user", "u1", "--home", str(tmp_path / "home"))
    assert viewer_of(outcome, secret) == Viewer(user_id="u1")
    assert (
        viewer_of(ask("--user", "u1", "--home", str(tmp_path / "home"), TOKEN_SECRET=SECRET)).user_id == "u1"
    )


@pytest.mark.parametrize(
    ("arguments", "variables", "message"),
    [
        ([], {"TOKEN_SECRET": SECRET}, "expected --user or --admin"),
        (["--user", "u1"], {}, r"TRAILKEEPER_TOKEN_SECRET is not set, and \S+ has no secret yet"),
        (
            ["--user", "u1"],
            {"TOKEN_SECRET": "short"},
            "TRAILKEEPER_TOKEN_SECRET is a secret; expected .*32",
        ),
        (["--user", "u1"], {"TOKEN_PUBLIC_KEY": "/x.pem"}, "TRAILKEEPER_TOKEN_SECRET is not set"),
        (["--user", ""], {"TOKEN_SECRET": SECRET}, "user_id is .*expected an id"),
        (["--user", "u1", "--minutes", "0"], {"TOKEN_SECRET": SECRET}, "0 is not in the range"),
    ],
)
def test_a_token_that_cannot_be_made_is_refused_in_one_line(
    arguments: list[str], variables: dict[str, str], message: str, ask: Any
) -> None:
    outcome = ask(*arguments, **variables)
    assert (outcome.code in {1, 2}, outcome.out) == (True, "")
    assert is_one_line(outcome.err)
    assert re.search(message, outcome.err)
    assert "short" not in outcome.err
