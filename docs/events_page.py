"""The events reference, from the shipped catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trailkeeper.producer.catalogue import SCOPES, EventType, Role, load

ROLES: dict[Role, str] = {
    "self": "the user it is about or who acted",
    "owner": "owners",
    "maintainer": "maintainers",
    "public": "everyone",
}
HEAD = """\
# Event types

<!-- Generated from producer/catalogue/data/ by `make docs`; change it there. -->

The event types that are shipped, {count} of them. An application adds its own, or declares one of these
anew, in TOML files named by [`TRAILKEEPER_CATALOGUE`](settings.md).

```toml
[events."invoice:payment:refund"]     # 2 to 5 words: source:subject:action
scope = "organization"                # user | project | organization | system: whose history and retention
sentence = "{{actor}} refunded {{amount}} to {{organization}}[ because of {{reason}}]"
# string integer number boolean array object
payload = {{ amount = "string", reason = "string", card = "string" }}
private = ["card"]                    # keys that only a full view shows
personal = ["card", "reason"]         # keys that may hold personal data, free text among them
identifying = []                      # likewise, and they name the event's user: `["email"]`
verified = []                         # those of them that were seen to be the user's, not only typed
# who is not named sees nothing; admins see all
audience = {{ self = "full", owner = "full", maintainer = "redacted" }}
by = "member"                         # member | anyone | trail: who can do it; hides where "anyone" was
delivery = "required"                 # spooled | required | best_effort: what happens while Redis is away
retention_days = 730                  # only if it differs from the scope's
aliases = ["invoice:refund"]          # other spellings, stored under this tag
group = "Invoices"                    # heading on this page
```

Only `scope` and `sentence` are required. Producers, workers and views check the files when they start.

In a sentence, a name in braces is replaced: `actor`, `user`, `project`, `organization` by their names at that
time, other names by the payload's value. Text in brackets is left out where something it names is not known;
bars part alternatives, of which the first that is known is shown.

Admins see every event in full, and nobody sees more than is said here. Seen *redacted*, an event is without
address, location, client, network, request id, credential and private keys. How long an event is kept
is settled by whose history it belongs to (see [settings](settings.md)), and its delivery is `spooled`,
unless its table says otherwise.

Mark as personal every key into which somebody can type. Personal keys are taken away when the event is
[scrubbed or a user's data erased](retention.md), and an address in one is cut as the event's own. Within
objects and arrays a dot leads on: `"filters.address"` is the key `address` anywhere within `filters`.
Identifying keys are personal too, and an erasure looks in other events for what they say, if nobody else is
known by it. What is verified is the user's even if somebody else typed it.
"""


def events_page() -> str:
    """The page: groups in the order of scopes, and within each a table an event type."""
    groups = _groups(load())
    count = sum(map(len, groups.values()))
    contents = "\n".join(f"* [{name}](#{_anchor(name)}), {len(kinds)}" for name, kinds in groups.items())
    sections = (section for name, kinds in groups.items() for section in _group(name, kinds))
    return "\n".join([HEAD.format(count=count), contents, "", *sections])


def _groups(kinds: Iterable[EventType]) -> dict[str, list[EventType]]:
    found: dict[str, list[EventType]] = {}
    for kind in sorted(kinds, key=lambda kind: SCOPES.index(kind.scope)):
        found.setdefault(kind.group, []).append(kind)
    return found


def _anchor(heading: str) -> str:
    """As renderers of Markdown make it from a heading."""
    return "".join(c for c in heading.lower().replace(" ", "-") if c.isalnum() or c == "-")


def _group(name: str, kinds: list[EventType]) -> Iterator[str]:
    yield f"## {name}\n"
    for kind in kinds:
        rows = "\n".join(f"| {label} | {text} |" for label, text in _rows(kind))
        yield f"### `{kind.tag}`\n\n| | |\n|---|---|\n{rows}\n"


def _rows(kind: EventType) -> Iterator[tuple[str, str]]:
    yield "reads", _code(kind.sentence)
    yield "history of", "the trail itself" if kind.scope == "system" else f"the {kind.scope}"
    for view in ("full", "redacted"):
        if seen_by := [ROLES[role] for role in ROLES if kind.audience.get(role) == view]:
            yield f"seen {'in full' if view == 'full' else view} by", ", ".join(seen_by)
    if not kind.audience:
        yield "seen by", "admins only"
    yield "payload", ", ".join(f"{_code(key)} {kind.payload[key]}" for key in kind.payload) or "none"
    if kind.private:
        yield "private", ", ".join(map(_code, kind.private))
    for name in ("personal", "identifying", "verified"):
        if keys := getattr(kind, name):
            yield name, ", ".join(map(_code, keys))
    if kind.delivery != "spooled":
        yield "delivery", _code(kind.delivery)
    if kind.retention_days is not None:
        yield "kept for", f"{kind.retention_days:,} days"
    if kind.aliases:
        yield "also accepted as", ", ".join(map(_code, kind.aliases))


def _code(text: str) -> str:
    """In a table a bar would end the cell, even in code."""
    return "`" + text.replace("|", "\\|") + "`"
