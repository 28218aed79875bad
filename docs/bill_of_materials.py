"""A software bill of materials from requirements.lock, in CycloneDX's JSON.

Usage: ``python -m docs.bill_of_materials > trailkeeper.cdx.json``, which is what ``make sbom`` runs. It
needs no network and says the same for the same lock: no time, no random serial number.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?$")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def bill(root: Path = ROOT) -> dict[str, Any]:
    """The bill: ourselves, and each pinned distribution with the digests of its files.

    Raises:
        ValueError: a line of the lock is not understood.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    components = list(_components((root / "requirements.lock").read_text(encoding="utf-8")))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": _ourselves(project)},
        "components": components,
    }


def _ourselves(project: dict[str, Any]) -> dict[str, Any]:
    name, version = project["name"], project["version"]
    return {
        "type": "application",
        "bom-ref": f"pkg:pypi/{name}@{version}",
        "name": name,
        "version": version,
        "licenses": [{"license": {"id": project["license"]}}],
        "purl": f"pkg:pypi/{name}@{version}",
    }


def _components(lock: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for line in lock.splitlines():
        if match := PINNED.match(line):
            found.append(_component(*match.groups()))
        elif digest := HASH.search(line):
            found[-1]["externalReferences"][0]["hashes"].append(
                {"alg": "SHA-256", "content": digest.group(1)}
            )
        elif line.strip() and not line.lstrip().startswith("#"):
            raise ValueError(f"requirements.lock: {line!r} is neither a pinned distribution nor a hash")
    return found


def _component(given: str, version: str, marker: str | None) -> dict[str, Any]:
    name = re.sub(r"[-_.]+", "-", given).lower()
    files = {"type": "distribution", "url": f"https://pypi.org/project/{name}/{version}/#files", "hashes": []}
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": f"pkg:pypi/{name}@{version}",
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name}@{version}",
        "externalReferences": [files],
    }
    if marker:
        component["properties"] = [{"name": "trailkeeper:marker", "value": marker}]
    return component


if __name__ == "__main__":
    sys.stdout.write(json.dumps(bill(), indent=1) + "\n")
