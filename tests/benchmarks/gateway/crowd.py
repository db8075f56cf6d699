"""Many idle sockets: what each takes of the gateway's memory, and that each gets what
is pushed to it, once."""

import asyncio
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from tests.benchmarks.gateway.processes import Measured
from tests.benchmarks.gateway.sockets import Socket, opened

_AT_ONCE = 50
_SETTLE_SECONDS = 3.0
_LINGER_SECONDS = 7.0  # a closed socket is cut for good after five
_PATIENCE_SECONDS = 120.0
SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256"
    " Credential=local/20260101/eu-west-1/execute-api/aws4_request,"
    " SignedHeaders=host;x-amz-date, Signature=" + "0" * 64
}


def held(
    gateway: Measured, folder: Path, sockets: int, *, deflate: bool
) -> dict[str, Any]:
    """With or without the offer to compress, which every browser makes."""
    return asyncio.run(_held(gateway, folder, sockets, deflate=deflate))


async def _held(
    gateway: Measured, folder: Path, sockets: int, *, deflate: bool
) -> dict[str, Any]:
    warm = await _open(gateway.port, 50, deflate=deflate)
    await _ended(warm, folder)
    empty = gateway.kib(), gateway.kib("Rss")
    start = time.perf_counter()
    crowd = await _open(gateway.port, sockets, deflate=deflate)
    opening = time.perf_counter() - start
    await asyncio.sleep(_SETTLE_SECONDS)
    full = gateway.kib(), gateway.kib("Rss")
    known = ids(folder)
    assert len(known) == sockets, len(known)
    start = time.perf_counter()
    await _push(gateway.port, known)
    pushing = time.perf_counter() - start
    await asyncio.sleep(_SETTLE_SECONDS)
    told = [text.decode() for each in crowd for text in each.texts]
    after = gateway.kib()
    result = {
        "sockets": sockets,
        "deflate_offered": deflate,
        "pss_kib_per_socket": (full[0] - empty[0]) / sockets,
        "rss_kib_per_socket": (full[1] - empty[1]) / sockets,
        "pss_kib_per_socket_after_a_push": (after - empty[0]) / sockets,
        "handshakes_per_second": sockets / opening,
        "pushes_per_second": sockets / pushing,
        "sockets_lost": sum(each.lost for each in crowd),
        "pushes_lost": len(set(known) - set(told)),
        "pushes_doubled": len(told) - len(set(told)),
    }
    await _ended(crowd, folder)
    return result | {"pss_kib_left_when_all_had_gone": gateway.kib() - empty[0]}


async def _open(port: int, count: int, *, deflate: bool) -> Sequence[Socket]:
    room = asyncio.Semaphore(_AT_ONCE)
    crowd = [Socket(port, deflate=deflate) for _ in range(count)]

    async def one(each: Socket) -> None:
        async with room:
            await opened(each, port)

    await asyncio.gather(*map(one, crowd))
    return crowd


async def _push(port: int, known: Sequence[str]) -> None:
    """To each socket its own id."""
    left = iter(known)

    async def some(session: aiohttp.ClientSession, left: Iterator[str]) -> None:
        for connection_id in left:
            url = f"http://127.0.0.1:{port}/bench/@connections/{connection_id}"
            async with session.post(url, data=connection_id) as answer:
                assert answer.status == 200, answer.status

    async with aiohttp.ClientSession(headers=SIGNED) as session:
        await asyncio.gather(*(some(session, left) for _ in range(_AT_ONCE)))


async def _ended(crowd: Sequence[Socket], folder: Path) -> None:
    """All have gone, and Django knows."""
    for each in crowd:
        each.transport.abort()
    end = time.monotonic() + _PATIENCE_SECONDS
    while ids(folder) and time.monotonic() < end:  # noqa: ASYNC110  # another process
        await asyncio.sleep(0.5)
    assert not ids(folder)
    await asyncio.sleep(_LINGER_SECONDS)


def ids(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "bench.sqlite3", timeout=60) as database:
        rows = database.execute("SELECT connection_id FROM wsrouter_openconnection")
        return [row[0] for row in rows]
