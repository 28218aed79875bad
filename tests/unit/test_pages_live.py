"""The live tail of a page: the API's messages, with rows in the place of JSON."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from trailkeeper.views.pages.live import as_rows


async def _messages() -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    yield b'id: 1\nevent: event\ndata: {"id":"1","note":"a\\nb"}\n\n'
    yield b": nothing new\n\n"


def _draw(event: dict[str, Any]) -> str:
    return f"<li>\n{event['note']}\n</li>"


async def _all() -> list[bytes]:
    return [message async for message in as_rows(_messages(), _draw)]


def test_each_line_of_a_row_is_a_line_of_data_and_other_messages_pass() -> None:
    """A line end in a row must not end the message, nor begin another field."""
    assert asyncio.run(_all()) == [
        b"retry: 2000\n\n",
        b"id: 1\nevent: event\ndata: <li>\ndata: a\ndata: b\ndata: </li>\n\n",
        b": nothing new\n\n",
    ]
