"""Style sheet, scripts and pictures: small, in memory, under an address that changes as they do."""

from __future__ import annotations

import hashlib
from pathlib import Path

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

FOLDER = Path(__file__).parent.parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"

_FILES = {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.is_file()}
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

VERSION = hashlib.sha256(b"\0".join(_FILES.values())).hexdigest()[:12]
"""Changes whenever any of the files does."""

router = APIRouter(include_in_schema=False)


@router.get("/static/{version}/{name}")
def static(version: str, name: str) -> Response:
    """One file. A page of another version of the service gets the file of this one, and may not keep it."""
    if name not in _FILES:
        raise HTTPException(404)
    kept = FOR_EVER if version == VERSION else "no-cache"
    return Response(_FILES[name], headers={"Cache-Control": kept}, media_type=_type(name))


def _type(name: str) -> str:
    return _TYPES[Path(name).suffix]
