"""Whose turn it is: the storm of one variant on one server."""

import asyncio
import gc
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import quantiles
from time import perf_counter

from tests.benchmarks.gateway.processes import Measured
from tests.benchmarks.served.servers import SERVERS, Server, running
from tests.benchmarks.storms import clients, database, gateway
from tests.benchmarks.storms.clients import Client
from tests.benchmarks.storms.variants import Variant

SETTINGS = "tests.benchmarks.storms.settings"
_GUNICORN, _UVICORN = (
    next(each for each in SERVERS if each.name.startswith(name))
    for name in ("gunicorn", "uvicorn")
)
_FEW_THREADS = _GUNICORN.line.replace("--threads 8", "--threads 2")
MEASURED = [
    _GUNICORN,
    replace(_GUNICORN, name=f"{_GUNICORN.name}, 2 threads", line=_FEW_THREADS),
    _UVICORN,
]
IN_FLIGHT = 64
"""Handshakes under way at once."""
MESSAGES_PER_SECOND = 50
CALM_SECONDS = 5.0


def rivals_part(clients: int) -> int:
    """So many of the clients go to the rival: what a handshake costs there does not
    depend on their number, and ten thousand of them take minutes."""
    return min(clients, max(IN_FLIGHT, clients // 5))


@dataclass(frozen=True)
class Turn:
    server: Server
    variant: Variant
    listening: Measured

    def storm(self, crowd: Sequence[Client], name: str) -> dict[str, float]:
        """Everybody at once, and nothing else: what a handshake costs."""
        requests = self._ready(crowd, name)
        cpu, of_database = self.listening.cpu(), database.cpu()
        begun = perf_counter()
        waiting = iter(requests)
        took = asyncio.run(gateway.handshakes(self.listening.port, waiting, IN_FLIGHT))
        passed = perf_counter() - begun
        cpu = self.listening.cpu() - cpu
        of_database = database.cpu() - of_database
        assert len(took) == len(requests)
        return {
            "rate": len(took) / passed,
            "cpu_us": cpu / len(took) * 1e6,
            "database_cpu_us": of_database / len(took) * 1e6,
            **_percentiles("", took),
        }

    def messages(self, crowd: Sequence[Client], name: str) -> dict[str, float]:
        """How long messages of an open connection take, without a storm and in one."""
        calm = asyncio.run(self._calm())
        requests = iter(self._ready(crowd, name))
        in_storm = asyncio.run(self._in_storm(requests))
        return _percentiles("calm_", calm) | _percentiles("storm_", in_storm)

    def _ready(self, crowd: Sequence[Client], name: str) -> Sequence[bytes]:
        clients.reset()
        if self.variant.is_rival:
            crowd = crowd[: rivals_part(len(crowd))]
        requests = [*self.variant.handshakes(crowd, name)]
        gc.collect()
        return requests

    async def _calm(self) -> list[float]:
        over = asyncio.Event()
        asyncio.get_running_loop().call_later(CALM_SECONDS, over.set)
        return await self._messages(over)

    async def _in_storm(self, requests: Iterator[bytes]) -> list[float]:
        over = asyncio.Event()
        messages = asyncio.create_task(self._messages(over))
        await gateway.handshakes(self.listening.port, requests, IN_FLIGHT)
        over.set()
        return await messages

    async def _messages(self, over: asyncio.Event) -> list[float]:
        return await gateway.messages(
            self.listening.port, self.variant.message(), MESSAGES_PER_SECOND, over
        )


def of(
    stack: ExitStack, server: Server, variants: Sequence[Variant], folder: Path
) -> Iterator[Turn]:
    """A process for each kind of sessions; they run until the stack is left."""
    started: dict[str, Measured] = {}
    for variant in variants:
        name = variant.sessions
        if name not in started:
            started[name] = stack.enter_context(_started(server, name, folder))
        yield Turn(server, variant, started[name])


def _started(
    server: Server, sessions: str, folder: Path
) -> AbstractContextManager[Measured]:
    application = f"tests.benchmarks.storms.applications:{server.interface}"
    return running(
        server,
        application,
        folder,
        DJANGO_SETTINGS_MODULE=SETTINGS,
        BENCH_DATABASE=os.environ["BENCH_DATABASE"],
        BENCH_SESSIONS=sessions,
        BENCH_POOL="1" if server.interface == "asgi" else "",
    )


def _percentiles(prefix: str, took: Sequence[float]) -> dict[str, float]:
    """Milliseconds."""
    cuts = quantiles(took, n=100)
    return {f"{prefix}p50_ms": cuts[49] * 1000, f"{prefix}p99_ms": cuts[98] * 1000}
