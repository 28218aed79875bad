"""A TCP proxy that fails as networks do: `python -m tests.chaos.proxy TARGET [HOST]`.

Its first line on standard output is the port it listens on; each line on its
standard input is a mode of `MODES`. TARGET is ``host:port`` or a Unix socket's path, HOST where it listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from typing import Literal, get_args

Mode = Literal["pass", "refuse", "stall", "reset", "cut"]
MODES: tuple[Mode, ...] = get_args(Mode)
"""``pass``: as if it were not there. ``refuse``: nobody listens, and who was connected is cut off.
``stall``: what is sent waits, and arrives when it passes again. ``reset``: all connections are reset, once.
``cut``: the next piece in each direction is forwarded by half, then its connection is reset."""

PIECE = 64 * 1024
RESET_AT_CLOSE = struct.pack("ii", 1, 0)
HOST = "127.0.0.1"

Pipe = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """Everything between clients and one server.

    Args:
        target: where the server is.
        host: address to listen on.
    """

    def __init__(self, target: str, host: str = HOST) -> None:
        self._target = target
        self._host = host
        self._mode: Mode = "pass"
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def listen(self) -> None:
        """Begin, at the same port each time."""
        self._server = await asyncio.start_server(self._accept, self._host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def turn(self, mode: Mode) -> None:
        """From now on behave so."""
        self._mode = "pass" if mode == "reset" else mode
        (self._flowing.clear if mode == "stall" else self._flowing.set)()
        if mode == "refuse" and self._server is not None:
            self._server.close()
            self._server = None
        elif mode != "refuse" and self._server is None:
            await self.listen()
        if mode in {"refuse", "reset"}:
            self._reset(*self._open)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            up_reader, up_writer = await self._connect()
        except OSError:
            self._reset(writer)
            return
        self._open.add(up_writer)
        await asyncio.gather(self._pump(reader, up_writer, writer), self._pump(up_reader, writer, up_writer))

    async def _connect(self) -> Pipe:
        if self._target.startswith("/"):
            return await asyncio.open_unix_connection(self._target)
        host, _, port = self._target.rpartition(":")
        return await asyncio.open_connection(host, int(port))

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, other: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError):  # whoever went away: the other end is to see that too
            while piece := await reader.read(PIECE):
                await self._flowing.wait()
                is_cut = self._mode == "cut"
                writer.write(piece[: len(piece) // 2] if is_cut else piece)
                await writer.drain()
                if is_cut:
                    break
        self._reset(writer, other) if self._mode == "cut" else self._close(writer)

    def _reset(self, *writers: asyncio.StreamWriter) -> None:
        for writer in writers:
            connection = writer.get_extra_info("socket")
            if connection.family != socket.AF_UNIX:
                with contextlib.suppress(OSError):  # closed already
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
            writer.transport.abort()
            self._open.discard(writer)

    def _close(self, writer: asyncio.StreamWriter) -> None:
        self._open.discard(writer)
        writer.close()


async def _run(target: str, host: str = HOST) -> None:
    proxy = Proxy(target, host)
    await proxy.listen()
    print(proxy.port, flush=True)  # noqa: T201 - for the process that started this one
    orders = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while order := await orders.readline():
        await proxy.turn(_mode(order.decode().strip()))


def _mode(order: str) -> Mode:
    for mode in MODES:
        if mode == order:
            return mode
    raise ValueError(f"{order!r} is no mode; expected one of {', '.join(MODES)}")


if __name__ == "__main__":
    asyncio.run(_run(*sys.argv[1:]))
