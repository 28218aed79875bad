"""The event types that a filter offers, under their headings, each as it reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby

from trailkeeper.producer.catalogue import Catalogue, EventType, Role, render, sentence_parts

Group = tuple[str, list[tuple[str, str]]]
SOMEBODY = "…"
LONGEST = 70


def offered(catalogue: Catalogue, roles: frozenset[Role] | None, chosen: str) -> list[Group]:
    """Groups of tags with what each is shown as.

    Args:
        catalogue: all there are.
        roles: those in which the viewer looks; only what they may see is offered. None for admins, who are
            offered everything by its tag, and beginnings of tags too.
        chosen: the tag of the current filter, offered in any case.
    """
    kinds = sorted(_seen(catalogue, roles), key=lambda kind: (kind.group, kind.tag))
    groups = [
        (name, [_option(kind, roles) for kind in members])
        for name, members in groupby(kinds, lambda kind: kind.group)
    ]
    if roles is None:
        groups.insert(0, ("All that begin with", [(tag, tag) for tag in _families(kinds)]))
    known = {tag for _, options in groups for tag, _ in options}
    return groups if not chosen or chosen in known else [("", [(chosen, chosen)]), *groups]


def _seen(catalogue: Catalogue, roles: frozenset[Role] | None) -> Iterable[EventType]:
    return catalogue if roles is None else (kind for kind in catalogue if roles & kind.audience.keys())


def _option(kind: EventType, roles: frozenset[Role] | None) -> tuple[str, str]:
    if roles is None:
        return kind.tag, kind.tag
    named = dict.fromkeys(("user", "project", "organization", "actor"), SOMEBODY)
    text = render(kind.sentence, sentence_parts({}, **named))
    return kind.tag, text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _families(kinds: Iterable[EventType]) -> list[str]:
    sizes = Counter(kind.tag.rsplit(":", 1)[0] for kind in kinds)
    sizes.update(prefix for prefix in (kind.tag.split(":", 1)[0] for kind in kinds))
    return sorted(f"{prefix}:*" for prefix, size in sizes.items() if size > 1)
