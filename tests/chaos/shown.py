"""What an admin's pages show: their tables, read as a browser would, past everything that makes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser

import httpx

from tests.support.served import ADMIN, served, views_settings
from trailkeeper.cli.embedded.stack import Stack

SECONDS = 30.0


class Pages:
    """Pages of a service, as an admin sees them."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def text(self, path: str) -> str:
        """A page as it is sent.

        Raises:
            httpx.HTTPStatusError: it is not shown.
        """
        return self._client.get(path).raise_for_status().text

    def table(self, path: str, label: str) -> list[dict[str, str]]:
        """The rows of a page's table with this label, by heading; nothing where there is no such table."""
        reader = _Tables()
        reader.feed(self.text(path))
        return reader.found.get(label, [])


@contextmanager
def pages(stack: Stack) -> Iterator[Pages]:
    """The pages of a stack, for the time of the block."""
    settings = views_settings(database_url=stack.database_url, redis_url=stack.redis_url)
    with served(settings) as service:
        headers = {"authorization": f"Bearer {service.token(ADMIN)}"}
        with httpx.Client(base_url=service.url, headers=headers, timeout=SECONDS) as client:
            yield Pages(client)


def number(cell: str) -> int:
    """A cell's first number."""
    return int(cell.split(maxsplit=1)[0].replace(",", ""))


class _Tables(HTMLParser):
    """Tables by the label of what they lie in; the first row of each is its headings."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[dict[str, str]]] = {}
        self._label = ""
        self._headings: list[str] = []
        self._cells: list[str] = []
        self._is_in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("role") == "region":
            self._label, self._headings = given.get("aria-label") or "", []
        elif tag == "tr":
            self._cells = []
        elif tag in {"td", "th"}:
            self._is_in_cell = True
            self._cells.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._is_in_cell = False
        elif tag == "tr" and not self._headings:
            self._headings = self._cells
        elif tag == "tr":
            row = dict(zip(self._headings, self._cells, strict=True))
            self.found.setdefault(self._label, []).append(row)

    def handle_data(self, data: str) -> None:
        if self._is_in_cell:
            self._cells[-1] += data
