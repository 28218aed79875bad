"""Requests as fast as they are answered: `python -m tests.benchmarks.peers.web_load PORT CLIENTS SECONDS`.

Ends with one line of JSON: requests a second, and milliseconds at the median and at the 99th percentile.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time

from tests.benchmarks.timing import percentile

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
REQUEST = f"GET /login/u{{}} HTTP/1.1\r\nHost: here\r\nUser-Agent: {AGENT}\r\n\r\n"
PEOPLE = 1_000


async def _connection(port: int, first: int, end: float, taken: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in itertools.count(first, 7):
        began = time.perf_counter()
        if began > end:
            break
        writer.write(REQUEST.format(number % PEOPLE).encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"not an answer: {head[:80]!r}")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        await reader.readexactly(int(length.partition(b":")[2]))
        taken.append(time.perf_counter() - began)
    writer.close()


async def _load(port: int, connections: int, seconds: float) -> None:
    taken: list[float] = []
    end = time.perf_counter() + seconds
    await asyncio.gather(*(_connection(port, 100 * each, end, taken) for each in range(connections)))
    figures = {
        "per_second": round(len(taken) / seconds, 1),
        "p50_ms": round(percentile(taken, 50) * 1e3, 3),
        "p99_ms": round(percentile(taken, 99) * 1e3, 3),
    }
    print(json.dumps(figures))  # noqa: T201 - for the process that started this one


if __name__ == "__main__":
    asyncio.run(_load(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
