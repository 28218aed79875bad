"""Two months in the life of a small package index, for pages to show: the same story each time, up to now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from _maxminddb_geolite2 import geolite2_database
from sqlalchemy import Engine, insert

from trailkeeper.examples.package_index.clients import agents, places
from trailkeeper.models.engine import transaction
from trailkeeper.models.tables import Backfill, BackfillFile, Base, Erasure, Hold, Purge, Scrub
from trailkeeper.producer.event import Actor, Credential, Event, Subject
from trailkeeper.producer.ids import uuid7
from trailkeeper.producer.wire import REASONS, encode
from trailkeeper.worker.ingest import Prepared, make_ingest, write
from trailkeeper.worker.ingest.messages import NO_FIELDS, IncomingMessage, Rejected
from trailkeeper.worker.settings import WorkerSettings

STREAM = "trailkeeper:events"
SEED = 5863
DAYS = 60

ADA = Subject("u-1017", "ada.berg")
JAN = Subject("u-1031", "jan.novak")
FATIMA = Subject("u-1102", "fatima.haas")
KENJI = Subject("u-1178", "kenji.ito")
PEOPLE = (ADA, JAN, FATIMA, KENJI)
STAFF = Subject("u-1", "robin")
TIDEWATER = Subject("p-204", "tidewater")
LEDGER = Subject("p-377", "async-ledger")
KITE = Subject("p-512", "kite-parser")
PROJECTS = (TIDEWATER, LEDGER, KITE)
LABS = Subject("o-12", "northwind-labs")
HOSTILE = "<script>alert(1)</script>\u202e\"'&"

HOMES = {
    ADA.id: places.ADDRESSES[7],
    JAN.id: places.ADDRESSES[15],
    FATIMA.id: places.ADDRESSES[9],
    KENJI.id: places.ADDRESSES[3],
}
BROWSERS = {person.id: agents.BROWSERS[place] for place, person in enumerate(PEOPLE)}
WORKFLOW = "ada/tidewater, release.yml"

Told = dict[str, Any]


class Story:
    """Tells events one after another, older ones first.

    Args:
        now: when it ends.
    """

    def __init__(self, now: datetime) -> None:
        self._random = Random(SEED)
        self._now = now
        self._release = 0

    def events(self) -> Iterator[Event]:
        """All of them, by time."""
        chapters: list[tuple[Callable[[], Told], int]] = [
            (self._login, 30),
            (self._failure, 9),
            (self._by_publisher, 16),
            (self._by_token, 18),
            (self._account, 9),
            (self._team, 6),
            (self._stranger, 4),
            (self._staff, 2),
        ]
        kinds, weights = zip(*chapters, strict=True)
        for moment in self._moments():
            yield self._event(moment, self._random.choices(kinds, weights)[0]())
        for ago, told in enumerate((self._staff(), self._by_publisher(), self._login()), 1):
            yield self._event(self._now - timedelta(seconds=40 - 11 * ago), told)

    def _moments(self) -> list[datetime]:
        found = []
        for day in range(DAYS, -1, -1):
            at = (self._now - timedelta(days=day)).replace(hour=0, minute=0, second=0, microsecond=0)
            busy = 9 if at.weekday() >= 5 else 26
            number = self._random.randint(busy // 2, busy + (20 if day in {12, 13, 31} else 0))
            found += [
                at + timedelta(seconds=self._random.triangular(0, 86_400, 52_000)) for _ in range(number)
            ]
        return sorted(moment for moment in found if moment < self._now - timedelta(minutes=2))

    def _event(self, moment: datetime, told: Told) -> Event:
        request = f"{self._random.getrandbits(128):032x}"
        return Event(id=uuid7(moment), occurred_at=moment, request_id=request, **told)

    def _person(self) -> Subject:
        return self._random.choices(PEOPLE, (8, 4, 3, 3))[0]

    def _at_home(self, person: Subject, credential: Credential | None = None) -> Told:
        shown = credential or Credential("session", f"{self._random.getrandbits(48):012x}")
        travels = self._random.random() < 0.2
        return {
            "actor": Actor("user", person.id, person.name, shown),
            "ip": self._random.choice(places.ADDRESSES) if travels else HOMES[person.id],
            "user_agent": BROWSERS[person.id],
        }

    def _login(self) -> Told:
        person = self._person()
        if self._random.random() < 0.15:
            return {"tag": "account:logout", "user": person} | self._at_home(person)
        paid = {"method": "password", "two_factor_method": self._random.choice(("webauthn", "totp"))}
        return {"tag": "account:login:success", "user": person, "additional": paid} | self._at_home(person)

    def _failure(self) -> Told:
        person = self._person()
        reason = self._random.choice(("wrong password", "wrong password", "no such code"))
        return {
            "tag": "account:login:failure",
            "user": person,
            "additional": {"reason": reason},
        } | self._from_afar()

    def _from_afar(self) -> Told:
        return {
            "actor": Actor("anonymous"),
            "ip": self._random.choice(places.STRANGERS),
            "user_agent": self._random.choice(agents.BREAKERS),
        }

    def _by_publisher(self) -> Told:
        publisher = Credential("trusted_publisher", "tp-88", WORKFLOW)
        actor = Actor("service", "tp-88", WORKFLOW, publisher, ADA)
        version = self._version()
        tag = self._random.choice(("project:release:add", "file:add", "file:add"))
        told = {"tag": tag, "project": TIDEWATER, "actor": actor, "ip": self._random.choice(places.RUNNERS)}
        return told | {"user_agent": agents.UV_IN_CI, "additional": self._uploaded(tag, TIDEWATER, version)}

    def _by_token(self) -> Told:
        person, project = self._random.choice(
            ((JAN, LEDGER), (FATIMA, TIDEWATER), (ADA, LEDGER), (KENJI, KITE))
        )
        token = Credential("api_token", "t-" + person.id, f"{project.name} releases")
        tag = self._random.choice(("project:release:add", "file:add", "file:add", "project:release:yank"))
        told = {"tag": tag, "project": project, "additional": self._uploaded(tag, project, self._version())}
        agent = self._random.choice(agents.UPLOADERS)
        return told | self._at_home(person, token) | {"user_agent": agent}

    def _uploaded(self, tag: str, project: Subject, version: str) -> Told:
        match tag:
            case "file:add":
                return {
                    "filename": f"{project.name}-{version}-py3-none-any.whl".replace("_", "-"),
                    "version": version,
                }
            case "project:release:yank":
                return {"version": version, "yanked_reason": "breaks on Windows"}
            case _:
                return {"version": version}

    def _version(self) -> str:
        self._release += 1
        return f"{1 + self._release // 120}.{self._release // 9 % 14}.{self._release % 9}"

    def _account(self) -> Told:
        person = self._person()
        told = self._random.choice(
            (
                ("account:api_token:add", {"description": "laptop", "caveats": [{"project": "tidewater"}]}),
                ("account:password:change", {}),
                ("account:two_factor:method:add", {"method": "webauthn", "label": "blue key"}),
                ("account:recovery_codes:generate", {}),
                ("account:email:verify", {"email": f"{person.name}@example.org"}),
            )
        )
        return {"tag": told[0], "user": person, "additional": told[1]} | self._at_home(person)

    def _team(self) -> Told:
        project = self._random.choice(PROJECTS)
        told = self._random.choice(
            (
                {
                    "tag": "project:role:add",
                    "project": project,
                    "user": FATIMA,
                    "additional": {"role_name": "Maintainer"},
                },
                {
                    "tag": "project:role:invite",
                    "project": project,
                    "user": KENJI,
                    "additional": {"role_name": "Owner"},
                },
                {"tag": "organization:organization_role:add", "organization": LABS, "user": JAN},
            )
        )
        return told | self._at_home(ADA)

    def _stranger(self) -> Told:
        person = self._person()
        told = self._random.choice(("account:password:reset:request", "account:login:rate_limited"))
        return {"tag": told, "user": person} | self._from_afar()

    def _staff(self) -> Told:
        actor = Actor("staff", STAFF.id, STAFF.name, Credential("session", "s-9"))
        about = {"about": "user", "id": self._person().id}
        told = {"tag": "admin:history:view", "actor": actor, "additional": about}
        return told | {"ip": places.ADDRESSES[23], "user_agent": agents.BROWSERS[8]}


def hostile(now: datetime) -> Event:
    """An event whose every text was written by somebody who means harm."""
    project = Subject(TIDEWATER.id, HOSTILE)
    actor = Actor("user", KENJI.id, HOSTILE, Credential("api_token", HOSTILE, HOSTILE))
    additional = {"version": HOSTILE, "publisher_url": "javascript:alert(1)" + "long" * 60}
    return Event(
        id=uuid7(now), occurred_at=now, tag="project:release:add", project=project, actor=actor,
        ip="192.0.2.1", user_agent=HOSTILE, request_id=HOSTILE, additional=additional,
    )  # fmt: skip


def staff_froze(now: datetime) -> Event:
    """What staff did to somebody, for a reason that is not theirs to know."""
    actor = Actor("staff", STAFF.id, STAFF.name, Credential("session", "s-9"))
    return Event(
        id=uuid7(now),
        occurred_at=now,
        tag="admin:user:freeze",
        user=ADA,
        actor=actor,
        ip=places.ADDRESSES[23],
        additional={"reason": "as said in the ticket"},
    )


def tell(engine: Engine, now: datetime | None = None) -> None:
    """Store the story."""
    store(engine, list(Story(now or datetime.now(UTC)).events()))


def store(engine: Engine, events: list[Event]) -> None:
    """Store events as a drain does: by COPY, with location and client worked out."""
    settings = WorkerSettings(geoip=(geolite2_database(),))
    messages = [IncomingMessage(str(event.id), encode(event), None, NO_FIELDS) for event in events]
    _write(engine, make_ingest(settings, engine).prepare(messages))


def lose(engine: Engine, number: int = 12) -> None:
    """Store dead letters of several reasons."""
    reasons = ("wrong_shape", "unknown_tag", "bad_time", "quarantined")
    rejected = []
    for place in range(number):
        reason = reasons[place % len(reasons) if place % 5 else 0]
        raw = b'{"v":1,"tag":"account:login:sucess","user":{"id":"u-%d"},"note":"<b>%d</b>"}' % (
            1000 + place,
            place,
        )
        message = IncomingMessage(f"{1_790_000_000_000 + place}-0", raw, None, {b"e": raw})
        rejected.append(Rejected(message, reason, REASONS[reason] + f": message {place}"))
    _write(engine, Prepared(rejected))


def _write(engine: Engine, prepared: Prepared) -> None:
    with transaction(engine) as connection:
        write(connection, prepared, source=STREAM)


def administer(engine: Engine) -> None:
    """Store backfills of every kind, and what purges, scrubs, erasures and holds left."""
    now = datetime.now(UTC)
    with transaction(engine) as connection:
        for place, job in enumerate(_jobs(now)):
            began = now - timedelta(hours=40 - 12 * place)
            common = {"requested_by": STAFF.name, "created_at": began, "started_at": began}
            identity = connection.scalar(insert(Backfill).values(common | job).returning(Backfill.id))
            if name := job["filters"].get("file"):
                file = {"backfill_id": identity, "name": name, "digest": bytes(32), "complete": True}
                connection.execute(insert(BackfillFile).values(file | {"lines": 184_120}))
        for table, told in _RECORDS:
            times = {"started_at": now, "finished_at": now, "before": now - timedelta(days=365)}
            known = {name: times[name] for name in times if name in table.__table__.columns}
            connection.execute(insert(table).values(known | told))


def _jobs(now: datetime) -> list[Told]:
    ended: Told = {"state": "finished", "finished_at": now}
    of_file: Told = {"estimate": 184_120, "seen": 184_120, "changed": 183_907, "skipped": 181, "rejected": 32}
    half: Told = {"estimate": 1_240_000, "seen": 512_000, "changed": 498_204, "skipped": 13_796}
    going: Told = {"estimate": 61_400, "seen": 44_900, "changed": 3_204, "skipped": 41_696}
    reasons = {"upto": 12, "reasons": ["unknown_tag"]}
    return [
        {"kind": "import", "filters": {"file": "registry-2019.jsonl.zst"}, **ended, **of_file},
        {"kind": "dead_letters", "filters": reasons, **ended, "estimate": 48, "seen": 48, "changed": 48},
        {"kind": "enrich", "filters": {"which": "older"}, "state": "paused", "throttle": 2_000, **half},
        {"kind": "enrich", "filters": {"which": "missing", "project": TIDEWATER.id}, **going},
    ]


_RECORDS: list[tuple[type[Base], Told]] = [
    (Hold, {"about": "user", "subject_id": JAN.id, "reason": "a lawsuit, file 12/26", "added_by": "robin"}),
    (
        Purge,
        {"scope": "user", "retention_days": 365, "partitions": 1, "events": 96_412, "held": 31, "holds": [1]},
    ),
    (Scrub, {"step": "address", "days": 365, "events": 12_804}),
    (Erasure, {"user_id": "u-1088", "requested_by": "robin", "events": 214, "dead_letters": 1}),
]
