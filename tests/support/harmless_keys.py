"""Keys of shipped event types' payloads that hold no personal data."""

from __future__ import annotations

from typing import Any

from trailkeeper.producer.catalogue import EventType

HARMLESS = {
    # what happened, chosen from a list
    *("about", "action", "format", "kind", "method", "state", "step", "scope", "status", "previous_status"),
    *("role_name", "old_role_name", "new_role_name", "two_factor_method", "limit", "issuer_type", "service"),
    # names of things that are no person
    *("project", "project_name", "organization_name", "team_name", "previous_team_name", "target_team"),
    *("filename", "version", "canonical_version", "producer", "numbers", "tag"),
    # ids, which stay
    *("id", "user_id", "project_id", "hold_id", "backfill_id", "gap_id", "purge_id", "scrub_id"),
    *("erasure_id", "token_id", "macaroon_id", "subscription_id", "target_user_id", "submitted_by_user_id"),
    *("created_by_user_id", "deleted_by_user_id", "renamed_by_user_id", "approved_by_user_id"),
    # times
    *("before", "until", "since", "expires", "old_expires", "new_expires"),
    # lists and objects of these
    *("holds", "roles", "old_flags", "new_flags"),
}
"""Keys that hold no personal data in any event type; add one only if nobody can type into it."""

HARMLESS_IN = {
    # names of projects and organizations, here
    *((tag, key) for tag in ("project:rename", "organization:rename") for key in ("old_name", "new_name")),
    # what it was run over: ids, tags, times and reasons from a list
    *((f"admin:backfill:{action}", "filters") for action in ("start", "preview")),
    *((f"admin:dead_letters:{action}", "filters") for action in ("replay", "discard")),
}


def filled(kind: EventType, value: Any) -> dict[str, Any]:
    """A payload with a value wherever somebody can type; within objects, where they are marked."""
    keys = [key for key in kind.payload if key not in HARMLESS and (kind.tag, key) not in HARMLESS_IN]
    filling: dict[str, Any] = {"string": value, "array": [value, {"deep": [value]}]}
    return {
        key: dict.fromkeys(_marked_within(kind, key), value) if type_ == "object" else filling[type_]
        for key in keys
        if (type_ := kind.payload[key]) in {*filling, "object"}
    }


def _marked_within(kind: EventType, key: str) -> set[str]:
    paths = (*kind.personal, *kind.identifying)
    return {path.removeprefix(f"{key}.") for path in paths if path.startswith(f"{key}.")} or {"any"}
