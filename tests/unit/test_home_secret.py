"""A home's secret is made once, for its owner alone."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from trailkeeper.cli.embedded.errors import EmbeddedError
from trailkeeper.cli.embedded.secret import fingerprint_key, kept_secret, token_secret


def test_a_secret_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    assert kept_secret(tmp_path) is None
    secret = token_secret(tmp_path)
    assert len(secret) >= 32
    assert (token_secret(tmp_path), kept_secret(tmp_path)) == (secret, secret)
    assert (tmp_path / "run" / "token-secret").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in (tmp_path / "run").iterdir()] == ["token-secret"]
    assert token_secret(tmp_path / "other") != secret


def test_the_key_of_fingerprints_is_another_secret_of_the_folder(tmp_path: Path) -> None:
    key = fingerprint_key(tmp_path)
    assert fingerprint_key(tmp_path) == key != token_secret(tmp_path)
    assert (tmp_path / "run" / "fingerprint-key").stat().st_mode & 0o777 == 0o600


def test_all_who_make_it_at_once_get_the_same(tmp_path: Path) -> None:
    found: list[str] = []
    together = threading.Barrier(8)

    def make() -> None:
        together.wait()
        found.append(token_secret(tmp_path))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found))) == (8, 1)


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 40])
def test_a_file_that_holds_no_secret_is_named_and_not_replaced(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "run" / "token-secret"
    file.parent.mkdir()
    file.write_bytes(content)
    for ask in (token_secret, kept_secret):
        with pytest.raises(EmbeddedError, match="token-secret"):
            ask(tmp_path)
    assert file.read_bytes() == content


def test_a_home_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(EmbeddedError, match="cannot be"):
        token_secret(tmp_path / "home")
