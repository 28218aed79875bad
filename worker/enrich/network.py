"""The network that an address belongs to: its autonomous system, and who operates that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import msgspec

from .geoip import AddressEnrichment
from .mmdb import Record
from .text import one_line

HIGHEST_ASN = 2**32 - 1  # reserved itself


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """An autonomous system, which announces the address to the Internet.

    Attributes:
        display: one line for people, "AS13335 Cloudflare"; None where nothing is known.
        asn: its number.
        operator: the organization behind it, as its registry names it.
        source: the types of the files that were asked, joined by ``+``; ``address`` where none was needed.
        build: the dates those files were built, joined by ``+`` in the same order.
    """

    display: str | None = None
    asn: int | None = None
    operator: str | None = None
    source: str
    build: str


class NetworkFinder(AddressEnrichment[Network]):
    """Enrichment: the network of an address."""

    name: ClassVar[str] = "network"

    @staticmethod
    def reads(source: str) -> bool:
        """Files of networks, and the large ones that hold networks beside places."""
        return any(kind in source.lower() for kind in ("asn", "isp", "enterprise"))

    def derived(self, records: Iterable[Record], source: str, build: str, reason: str | None) -> Network:  # noqa: ARG002 - the location says it
        """That of the first record with a number: number and operator are never put together from two."""
        for record in records:
            traits = record.get("traits") if "autonomous_system_number" not in record else record
            if isinstance(traits, dict) and _is_asn(asn := traits.get("autonomous_system_number")):
                operator = one_line(traits.get("autonomous_system_organization"))
                line = f"AS{asn} {operator}" if operator else f"AS{asn}"
                return Network(display=line, asn=asn, operator=operator, source=source, build=build)
        return Network(source=source, build=build)


def _is_asn(value: object) -> bool:
    return type(value) is int and 0 < value < HIGHEST_ASN
