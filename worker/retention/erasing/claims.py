"""What events have as an account's own: names, email addresses, and addresses from which somebody acted.

Anybody can type another's email address, and choose another's name; an address is shared by all who sit
behind it. So what the events of the one who is erased have as theirs is not believed where events of
another account have it too, unless the application has seen that it is theirs, and not also the other's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from trailkeeper.worker.retention.emails import emails_in, emails_said, plain
from trailkeeper.worker.retention.personal import HAS_IDENTIFYING_KEYS, PersonalKeys

from .events import NAMES, WITHIN, EventWindow, Row
from .owning import PERSONS
from .person import Person


class Claims(msgspec.Struct, frozen=True):
    """What is said to be somebody's, and what of it was verified; in lower case.

    `emails_of` finds the email addresses in a text. Of others all that may be meant are theirs:
    ``email=ann@…`` keeps ``ann@…`` from being another's.
    """

    said: set[str] = msgspec.field(default_factory=set)
    verified: set[str] = msgspec.field(default_factory=set)
    addresses: set[str] = msgspec.field(default_factory=set)
    emails_of: Callable[[str], set[str]] = emails_said

    def learn(self, row: Row, columns: Iterable[str], keys: PersonalKeys) -> None:
        """Remember what an event has as the own of those whom these columns name."""
        self.said.update(self._texts([row[NAMES[column]] for column in columns]))
        if "user_id" in columns:
            self.said.update(self._texts(keys.identifying(row["tag"], row["additional"])))
            self.verified.update(self._texts(keys.verified(row["tag"], row["additional"])))

    def person(self, user: str, others: Claims) -> Person:
        """Who is left, when what is others' is taken for theirs."""
        theirs = (self.said - others.said) | (self.verified - others.verified)
        emails = frozenset(text for text in theirs if emails_in(text))
        addresses = frozenset(self.addresses - others.addresses)
        shared = len(self.said) - len(theirs) + len(self.addresses) - len(addresses)
        return Person(user, frozenset(theirs - emails), emails, addresses, shared)

    def _texts(self, values: Iterable[Any]) -> Iterator[str]:
        """What a text is looked for by: the email addresses in it, or else all of it."""
        for value in values:
            if isinstance(value, list):
                yield from self._texts(value)
            elif isinstance(value, str) and (whole := plain(value)):
                yield from self.emails_of(value) or {whole}


_NAMES = f"concat_ws(' ', {', '.join(f'e.{name}' for name in NAMES.values())})"
# Postgres lowers and composes as Python does where all is ASCII only, without escapes
MAY_BE_NAMED = (
    f'(lower({_NAMES} COLLATE "C") LIKE ANY(CAST(:like AS text[]))'
    rf" OR octet_length({_NAMES}) > length({_NAMES}) OR {_NAMES} ~ '[%\\]')"
)
"""Whether an event may have a name in which one of some texts is, in SQL; the parameter is `like` of each."""
_COLUMNS = ", ".join(f"e.{name}" for name in (*NAMES, *NAMES.values(), "actor_kind", "tag", "additional"))
MAY_CLAIM = text(
    f"SELECT {_COLUMNS} FROM events AS e WHERE {WITHIN}"  # noqa: S608 - constants
    f" AND (e.user_id IS DISTINCT FROM :user OR e.actor_id IS DISTINCT FROM :user)"
    f" AND ({MAY_BE_NAMED} OR {HAS_IDENTIFYING_KEYS})"
)
SHARED = text("""
    SELECT address FROM unnest(CAST(:addresses AS text[])) AS address
     WHERE EXISTS (SELECT FROM events AS e WHERE e.ip = CAST(address AS inet) AND (e.on_behalf_of_id <> :user
                      OR e.actor_id IS NOT NULL AND (e.actor_kind = 'staff'
                                                     OR e.actor_kind = 'user' AND e.actor_id <> :user)))
""")


def may_claim(
    connection: Connection, user: str, own: Claims, window: EventWindow, keys: PersonalKeys
) -> Iterable[Row]:
    """The events of a window that may have as another's own what the user's have as theirs."""
    values = {
        "user": user,
        "like": [like(text) for text in own.said],
        "naming": keys.naming,
        **window._asdict(),
    }
    return connection.execute(MAY_CLAIM, values).mappings()


def shared_addresses(connection: Connection, user: str, own: Claims) -> set[str]:
    """The addresses from which others acted too."""
    return set(connection.scalars(SHARED, {"user": user, "addresses": sorted(own.addresses)}))


def others_in(row: Row, user: str) -> set[str]:
    """Which columns name other persons."""
    kinds = {"user_id": "user", "actor_id": row["actor_kind"], "on_behalf_of_id": "user"}
    return {
        column
        for column, kind in kinds.items()
        if row[column] is not None and kind in PERSONS and (kind, row[column]) != ("user", user)
    }


def like(value: str) -> str:
    """The pattern of names in which a text may be, with blanks of any kind and number."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", value).replace(" ", "%") + "%"
