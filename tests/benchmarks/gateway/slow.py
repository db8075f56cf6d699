"""Clients that do not read: what they take of the gateway's memory, and whether anybody
else notices."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from tests.benchmarks.gateway import crowd
from tests.benchmarks.gateway.processes import Measured
from tests.benchmarks.gateway.rates import BODY, asking, latencies
from tests.benchmarks.gateway.sockets import Asker, Socket, framed, opened

_OTHERS = 16
_SECONDS = 4.0
_EVENT = b"x" * 100_000
_EVENTS = 1000
_FLOOD = 50_000


def measured(gateway: Measured, folder: Path) -> dict[str, Any]:
    return asyncio.run(_measured(gateway, folder))


async def _measured(gateway: Measured, folder: Path) -> dict[str, Any]:
    known = set(crowd.ids(folder))
    deaf = await _deaf(gateway.port)
    [connection_id] = set(crowd.ids(folder)) - known
    flooding = await _deaf(gateway.port)
    took: list[float] = []
    others = await asking(gateway.port, _OTHERS, took)
    await asyncio.sleep(1)
    watch = _Watch(gateway, took, others)
    alone = await watch.during(lambda: asyncio.sleep(_SECONDS))
    statuses: Counter[int] = Counter()
    pushed = await watch.during(lambda: _push(gateway.port, connection_id, statuses))
    flooded = await watch.during(lambda: _flood(flooding))
    for each in (deaf, flooding, *others):
        each.transport.abort()
    return {
        "others": _OTHERS,
        "alone": alone,
        "pushed_to": pushed
        | {
            "offered_kib": _EVENTS * len(_EVENT) // 1024,
            "statuses": {str(key): count for key, count in statuses.items()},
        },
        "flooded_by": flooded | {"messages": _FLOOD},
    }


class _Watch:
    """How the others fare, and the memory at most, while something goes on."""

    def __init__(
        self, gateway: Measured, took: list[float], others: Sequence[Asker]
    ) -> None:
        self._gateway, self._took, self._others = gateway, took, others

    async def during(self, scene: Callable[[], Awaitable[None]]) -> dict[str, float]:
        self._took.clear()
        before = most = self._gateway.kib()
        start, acts = time.perf_counter(), asyncio.ensure_future(scene())
        while not acts.done():
            await asyncio.wait({acts}, timeout=0.2)
            most = max(most, self._gateway.kib())
        acts.result()
        passed = time.perf_counter() - start
        assert not any(each.lost for each in self._others)
        return {
            "seconds": passed,
            "rate_of_others": len(self._took) / passed,
            **latencies(self._took),
            "pss_kib_more_at_most": most - before,
        }


async def _deaf(port: int) -> Socket:
    """A socket that is open and then reads no more."""
    socket = Socket(port, deflate=False)
    await opened(socket, port)
    socket.transport.pause_reading()
    return socket


async def _push(port: int, connection_id: str, statuses: Counter[int]) -> None:
    url = f"http://127.0.0.1:{port}/bench/@connections/{connection_id}"
    async with aiohttp.ClientSession(headers=crowd.SIGNED) as session:
        for _ in range(_EVENTS):
            async with session.post(url, data=_EVENT) as answer:
                statuses[answer.status] += 1


async def _flood(socket: Socket) -> None:
    """Messages as fast as the gateway takes them; the answers are not read."""
    frame = framed(BODY)
    end = time.monotonic() + 5 * _SECONDS
    sent = 0
    while sent < _FLOOD and time.monotonic() < end:
        if socket.transport.get_write_buffer_size() < 65536:
            socket.transport.write(frame * 100)
            sent += 100
        await asyncio.sleep(0)
    assert sent >= _FLOOD
    await asyncio.sleep(_SECONDS)  # the gateway is not done with them for long
