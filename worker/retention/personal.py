"""Personal data of a stored event, in SQL on rows ``e`` of `events`: what there is, and how it is taken away.

The payload keys that hold it are the catalogue's; they go to Postgres as one JSON
object, tags to lists of keys, in the parameter ``personal``.
"""

from __future__ import annotations

import json

from trailkeeper.producer.catalogue import Catalogue

KEYS = "ARRAY(SELECT jsonb_array_elements_text(CAST(:personal AS jsonb) -> e.tag))"

HAS_KEYS = f"coalesce(jsonb_exists_any(e.additional, {KEYS}), false)"
"""Whether the payload holds personal keys."""

WITHOUT_KEYS = f"nullif(e.additional - {KEYS}, '{{}}'::jsonb)"
"""The payload without them."""

NETWORK_BITS = "CASE family(e.ip) WHEN 4 THEN 24 ELSE 48 END"

HAS_ADDRESS = f"coalesce(masklen(e.ip) > {NETWORK_BITS}, false)"
"""Whether the address is one of a single machine."""

NETWORK = f"network(set_masklen(e.ip, {NETWORK_BITS}))::inet"
"""The network of the address."""


def personal_keys(catalogue: Catalogue) -> str:
    """The value of the parameter ``personal``."""
    return json.dumps({kind.tag: list(kind.personal) for kind in catalogue if kind.personal}, sort_keys=True)
