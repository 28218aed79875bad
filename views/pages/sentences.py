"""An event's sentence with links on the names in it.

The text is exactly that of the JSON: the catalogue's sentence is rendered again with
marks in place of the names, and if that does not give the same text, nothing is linked.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from trailkeeper.producer.catalogue import Catalogue, render, sentence_parts
from trailkeeper.views.masking import NAMES
from trailkeeper.views.names import name_of

MARK = secrets.token_hex(8)
"""Nobody who writes an event knows it, so no name can pass for a mark."""

SUBJECTS = ("user", "project", "organization")
_MARKED = re.compile(rf"({MARK}[a-z]+)")

Link = Callable[[str, str], str | None]
"""From what it is (user, project, organization) and its id to an address, or None where there is no link."""


class Piece(NamedTuple):
    """A bit of a sentence, and where it leads."""

    text: str
    href: str | None = None


def linked(catalogue: Catalogue, event: dict[str, Any], link: Link) -> list[Piece]:
    """The sentence of an event in pieces; its tag, where no catalogue knows it."""
    sentence = event["sentence"]
    if sentence is None:
        return [Piece(event["tag"])]
    pieces = list(_pieces(catalogue, event, link))
    return pieces if "".join(piece.text for piece in pieces) == sentence else [Piece(sentence)]


def _pieces(catalogue: Catalogue, event: dict[str, Any], link: Link) -> Iterator[Piece]:
    kind = catalogue.get(event["tag"])
    if kind is None:
        return
    named = {name: event.get(name) for name in SUBJECTS} | {"actor": event["actor"]}
    marked = {name: f"{MARK}{name}" if name_of(subject) else None for name, subject in named.items()}
    marked["actor"] = marked["actor"] or NAMES.get(event["actor"]["kind"])
    parts = sentence_parts(event["additional"], **marked, ip=event.get("ip"))
    for text in _MARKED.split(render(kind.sentence, parts)):
        name = text.removeprefix(MARK)
        if name != text and name in named:
            yield Piece(name_of(named[name]) or "", _href(name, named[name], link))
        elif text:
            yield Piece(text)


def _href(name: str, subject: dict[str, Any] | None, link: Link) -> str | None:
    identity = (subject or {}).get("id")
    about = (
        name if name != "actor" else {"user": "user", "staff": "user"}.get((subject or {}).get("kind", ""))
    )
    return link(about, identity) if about and identity else None
