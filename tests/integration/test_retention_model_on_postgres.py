"""Events, holds, purges, scrubs and erasures in any order, against a plain model in Python.

Nothing held is ever touched, nothing expired survives, nothing else changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from sqlalchemy import Engine, text

from tests.support.drains import settings_for
from tests.support.retained import NOW, days_ago, derivations, tell_statistics
from tests.support.rows import event_row, store
from trailkeeper.models.engine import transaction
from trailkeeper.worker.retention import add_hold, erase, plan, purge, release_hold, scrub, scrub_plan
from trailkeeper.worker.settings import WorkerSettings

EXAMPLES, STEPS = 6, 14
KEPT_DAYS = {"user": 90, "project": 10_000, "organization": 200}
ADDRESS_DAYS, PERSON_DAYS = 100, 300
AGES = (5.0, 89.0, 95.0, 130.0, 210.0, 310.0)
TAGS = {
    "user": "account:email:add",
    "project": "project:role:add",
    "organization": "organization:team:create",
}
PERSONAL = {"account:email:add": {"email"}, "project:role:add": {"submitted_by", "target_user"}}
DECLARED = {
    "account:email:add": {"email"},
    "project:role:add": {"role_name", "submitted_by", "target_user"},
    "organization:team:create": {"team_name"},
}
"""Of the payload below."""
NAMES = {"user_id": "user_name", "actor_id": "actor_name", "on_behalf_of_id": "on_behalf_of_name"}
DERIVED = ("location_id", "client_id", "network_id")
OF_ACTOR = ("ip", *DERIVED, "credential_id", "credential_label")
PERSON = (*NAMES.values(), "ip", *DERIVED, "credential_label", "extras")
HELD_BY = {"user": tuple(NAMES), "project": ("project_id",), "organization": ("organization_id",)}
PEOPLE = st.sampled_from([None, "u1", "u2"])


@dataclass(frozen=True)
class Modelled:
    """An event as it should be."""

    age: float
    row: dict[str, Any]

    def without(self, *names: str, **changes: Any) -> Modelled:
        return replace(self, row=self.row | dict.fromkeys(names) | changes)

    @property
    def unpersonal(self) -> dict[str, Any] | None:
        keys = PERSONAL.get(self.row["tag"], set())
        return {
            key: value for key, value in (self.row["additional"] or {}).items() if key not in keys
        } or None

    @property
    def nobodys(self) -> dict[str, Any] | None:
        """The payload without what is personal, and without what the catalogue does not know."""
        declared = DECLARED[self.row["tag"]]
        return {key: value for key, value in (self.unpersonal or {}).items() if key in declared} or None


@dataclass
class Model:
    """What the database should hold."""

    events: dict[UUID, Modelled] = field(default_factory=dict)
    holds: dict[int, tuple[str, str]] = field(default_factory=dict)

    def is_held(self, event: Modelled) -> bool:
        return any(
            event.row[column] == subject
            for about, subject in self.holds.values()
            for column in HELD_BY[about]
        )

    def free(self, age: float = 0) -> dict[UUID, Modelled]:
        found = self.events.items()
        return {identity: each for identity, each in found if each.age > age and not self.is_held(each)}

    def purge(self) -> int:
        gone = {each for each, event in self.free().items() if event.age > KEPT_DAYS[event.row["scope"]]}
        self.events = {each: event for each, event in self.events.items() if each not in gone}
        return len(gone)

    def scrub(self) -> None:
        for identity, event in self.free(ADDRESS_DAYS).items():
            if event.row["ip"] is not None:
                self.events[identity] = event.without(ip="198.51.100.0/24")
        for identity, event in self.free(PERSON_DAYS).items():
            self.events[identity] = event.without(*PERSON, additional=event.unpersonal)

    def erase(self, user: str) -> int:
        changed = 0
        for identity, event in self.free().items():
            after = self._erased(event, user)
            self.events[identity] = after
            changed += after != event
        return changed

    def _erased(self, event: Modelled, user: str) -> Modelled:
        row = event.row
        named = [column for column in NAMES if row[column] == user]
        if not named:
            return event
        names = [NAMES[column] for column in named]
        # every actor is a user here; of an event that names neither actor nor principal it may be the user's
        origin_of = row["actor_id"] or row["on_behalf_of_id"]
        of_actor = ("actor_name", *OF_ACTOR) if origin_of in {None, user} else ()
        return event.without(*names, *of_actor, "extras", additional=event.nobodys)


COLUMNS = (
    "id",
    "scope",
    "tag",
    *NAMES,
    "project_id",
    "organization_id",
    *PERSON,
    "credential_id",
    "additional",
)


class Machine(RuleBasedStateMachine):
    """Does the same to the database and to the model."""

    def __init__(self, engine: Engine, settings: WorkerSettings, derived: dict[str, int]) -> None:
        super().__init__()
        self.engine, self.settings, self.derived = engine, settings, derived
        self.model = Model()
        self.number = 0
        with transaction(engine) as connection:
            for table in ("events", "holds", "purges", "scrubs", "erasures", "erased_persons"):
                connection.execute(text(f"DELETE FROM {table}"))

    @rule(
        age=st.sampled_from(AGES),
        scope=st.sampled_from(sorted(TAGS)),
        people=st.tuples(PEOPLE, PEOPLE, PEOPLE),
        project=st.sampled_from([None, "p1"]),
        organization=st.sampled_from([None, "o1"]),
    )
    def store(
        self,
        age: float,
        scope: str,
        people: tuple[str | None, ...],
        project: str | None,
        organization: str | None,
    ) -> None:
        self.number += 1
        columns = dict(zip(NAMES, people, strict=True))
        columns |= {name: f"name of {columns[of]}" for of, name in NAMES.items()}
        columns |= {"project_id": project, "organization_id": organization}
        facts = {
            "actor_kind": "user",
            "ip": "198.51.100.23",
            "credential_id": "t1",
            "credential_label": "laptop",
            "extras": {"x": 1},
            # of this event only: an erasure looks for a person's names and addresses everywhere
            "additional": {
                "email": f"{self.number}@example.org",
                "role_name": "Owner",
                "target_user": "x",
                "team_name": "red",
            },
        }
        row = event_row(
            days_ago(age + self.number / 1e6),
            scope=scope,
            tag=TAGS[scope],
            **columns,
            **facts,
            **self.derived,
        )
        store(self.engine, row)
        tell_statistics(self.engine)
        self.model.events[row["id"]] = Modelled(age, {name: row[name] for name in COLUMNS})
        self.compare()

    @rule(named=st.sampled_from([("user", "u1"), ("user", "u2"), ("project", "p1"), ("organization", "o1")]))
    def hold(self, named: tuple[str, str]) -> None:
        self.model.holds[add_hold(self.settings, *named, reason="a lawsuit").id] = named
        self.compare()

    @precondition(lambda self: self.model.holds)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        identity = data.draw(st.sampled_from(sorted(self.model.holds)))
        release_hold(self.settings, identity)
        del self.model.holds[identity]
        self.compare()

    @rule()
    def purge(self) -> None:
        planned = sum(removal.events for removal in plan(self.settings, NOW))
        removed = sum(removal.events for removal in purge(self.settings, NOW))
        assert planned == removed == self.model.purge()
        self.compare()

    @rule()
    def scrub(self) -> None:
        scrub(self.settings, NOW)
        self.model.scrub()
        self.compare()
        assert sum(each.events for each in scrub_plan(self.settings, NOW)) == 0

    @rule(user=st.sampled_from(["u1", "u2"]))
    def erase(self, user: str) -> None:
        assert erase(self.settings, user).events == self.model.erase(user)
        self.compare()

    def compare(self) -> None:
        columns = ", ".join(COLUMNS)
        with transaction(self.engine) as connection:
            found = connection.execute(text(f"SELECT {columns} FROM events WHERE scope <> 'system'"))
            stored = {row.id: dict(row._mapping) for row in found}
        assert stored == {identity: event.row for identity, event in self.model.events.items()}


def test_nothing_held_is_touched_nothing_expired_survives_and_nothing_else_changes(
    engine: Engine, database_url: str, redis_url: str
) -> None:
    settings = settings_for(
        redis_url,
        database_url,
        retention_user_days=KEPT_DAYS["user"],
        retention_project_days=KEPT_DAYS["project"],
        retention_organization_days=KEPT_DAYS["organization"],
        scrub_address_days=ADDRESS_DAYS,
        scrub_days=PERSON_DAYS,
    )
    derived = derivations(engine)
    run_state_machine_as_test(
        lambda: Machine(engine, settings, derived),  # type: ignore[arg-type]  # as its documentation has it
        settings=hypothesis.settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each step costs; a long failure will do
            suppress_health_check=list(HealthCheck),
        ),
    )
