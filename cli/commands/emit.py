"""`trailkeeper emit`: record one event from the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast, get_args

import click

from trailkeeper import Actor, InvalidEvent, RequestContext, Subject, emit
from trailkeeper.cli.errors import PROBLEM, START_STACK
from trailkeeper.cli.output import print_json, say, show
from trailkeeper.cli.times import Moment
from trailkeeper.producer.catalogue import Catalogue
from trailkeeper.producer.event import ActorKind
from trailkeeper.producer.process import process_emitter

PLACES = {
    "stream": "in the stream",
    "spooled": "in this machine's spool, as Redis does not take it (`trailkeeper spool flush`)",
    "quarantined": "kept as a dead letter",
    "logged": f"only in the log above: neither Redis nor the spool took it; {START_STACK}",
    "dropped": f"nowhere: Redis did not take it and its event type is best_effort; {START_STACK}",
}


class SubjectParam(click.ParamType[Subject]):
    """``ID`` or ``ID=NAME``."""

    name = "ID[=NAME]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Subject:  # noqa: ARG002 - click's signature
        """Parse it."""
        identity, _, name = str(value).partition("=")
        return Subject(id=identity, name=name or None)


class ActorParam(click.ParamType[Actor]):
    """``KIND`` or ``KIND:ID`` or ``KIND:ID=NAME``."""

    name = "KIND[:ID[=NAME]]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Actor:
        """Parse it.

        Raises:
            click.BadParameter: it is not a kind of actor.
        """
        kind, _, rest = str(value).partition(":")
        identity, _, name = rest.partition("=")
        if kind not in get_args(ActorKind):
            self.fail(
                f"{kind!r} is not a kind of actor; expected one of {', '.join(get_args(ActorKind))}",
                param,
                ctx,
            )
        return Actor(kind=cast(ActorKind, kind), id=identity or None, name=name or None)


@click.command("emit")
@click.argument("tag")
@click.option("--user", type=SubjectParam(), help="The user it is about.")
@click.option("--project", type=SubjectParam(), help="The project it is about.")
@click.option("--organization", type=SubjectParam(), help="The organization it is about.")
@click.option("--actor", type=ActorParam(), help="Who did it.")
@click.option("--ip", help="The client's address.")
@click.option("--user-agent", help="The client's User-Agent.")
@click.option("--request-id", help="The id of the request.")
@click.option("--additional", metavar="JSON", help="The payload, a JSON object.")
@click.option(
    "--occurred-at", type=Moment(), help="When it happened: 5min, yesterday, 2026-11-24T16:00Z [now]."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(tag: str, additional: str | None, as_json: bool, **given: Any) -> int:
    """Record one event, as an application would.

    Prints its id and where it is. The exit code is 1 if it is neither in the stream nor in the spool.
    """
    emitter = process_emitter()
    emitter.quarantines = False  # whoever types a wrong command is told so at once
    payload = _object(additional)
    _check_subject(tag, given, emitter.catalogue)
    origin = {name: given.pop(name) for name in ("ip", "user_agent", "request_id")}
    receipt = emit(tag, additional=payload, request=RequestContext(**origin), **given)
    if as_json:
        print_json({"id": str(receipt), "outcome": receipt.outcome})
    else:
        show(str(receipt))
        say(PLACES[receipt.outcome])
    return 0 if receipt.outcome in {"stream", "spooled"} else PROBLEM


def _check_subject(tag: str, given: Mapping[str, Any], catalogue: Catalogue) -> None:
    """An event without the subject whose history it belongs to would be in nobody's.

    Raises:
        UsageError: names the option that is missing.
    """
    kind = catalogue.get(tag)
    if kind is not None and kind.scope in given and given[kind.scope] is None:
        article = "an" if kind.scope == "organization" else "a"
        raise click.UsageError(
            f"{kind.tag} belongs to the history of {article} {kind.scope}; expected --{kind.scope} ID[=NAME]"
        )


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; json itself would keep the last of two equal keys, and say nothing.

    Raises:
        ValueError: a key is there twice.
    """
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} is there twice")
        found[key] = value
    return found


def _object(text: str | None) -> dict[str, Any] | None:
    """The payload.

    Raises:
        InvalidEvent: it is not a JSON object.
    """
    if text is None:
        return None
    try:
        payload = json.loads(text, object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError) as error:
        raise InvalidEvent("additional", str(error), "a JSON object") from error
    if not isinstance(payload, dict):
        raise InvalidEvent("additional", f"a JSON {type(payload).__name__}", "a JSON object")
    return payload
