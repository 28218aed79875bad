"""The integration guide shows what the example application does."""

from __future__ import annotations

import re
from pathlib import Path

import trailkeeper.examples.package_index

FOLDER = Path(trailkeeper.examples.package_index.__file__).parent
GUIDE = (FOLDER / "README.md").read_text(encoding="utf-8")


def _flat(code: str) -> str:
    return "\n".join(line.strip() for line in code.strip().splitlines())


def test_every_excerpt_is_in_the_code_as_it_stands() -> None:
    code = "\n".join(_flat(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.py")))
    excerpts = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    assert len(excerpts) >= 5
    assert [excerpt for excerpt in excerpts if _flat(excerpt) not in code] == []


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)]+)\)", GUIDE)
    assert links
    assert [link for link in links if not (FOLDER / link).exists()] == []
