"""The threat model names tests that are there, and the bill of materials what is pinned."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from docs.bill_of_materials import bill

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
THREATS = PAGE.partition("shown by |")[2].partition("## ")[0]
SHOWN_BY = sorted(set(re.findall(r"`(tests/[^`]+)`", PAGE)))


@pytest.mark.parametrize("test", SHOWN_BY)
def test_a_test_that_the_page_names_is_there(test: str) -> None:
    path, name = test.split("::")
    assert re.search(rf"^(?:async )?def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)


def test_every_threat_has_a_test() -> None:
    rows = [row for row in THREATS.splitlines() if row.startswith("| ") and "|---" not in row]
    assert len(rows) > 20
    assert [row for row in rows if "::test_" not in row] == []


def test_the_bill_of_materials_names_each_pin_with_its_digests_and_is_the_same_each_time() -> None:
    found = bill()
    pins = re.findall(r"^\S+==\S+", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(found["components"]) == len(pins) > 50
    assert all(component["externalReferences"][0]["hashes"] for component in found["components"])
    assert json.dumps(bill()) == json.dumps(found)


def test_a_lock_that_is_not_understood_makes_no_bill(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    (tmp_path / "requirements.lock").write_text("something @ git+https://example.org/x\n")
    with pytest.raises(ValueError, match="neither a pinned distribution nor a hash"):
        bill(tmp_path)
