"""Messages a second and how long one takes: through the gateway by sockets that ask and
wait, and straight to Django by wrk with the same body and headers."""

import asyncio
import json
import os
import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import quantiles
from typing import Any

from tests.benchmarks.gateway.processes import Measured
from tests.benchmarks.gateway.sockets import Asker, framed, opened

BODY = b'{"action":"watch","id":"1","payload":{"order_id":7}}'
_SETTLE_SECONDS = 0.5
_WRK = re.compile(r"(\d+) requests in ([\d.]+)s")
_NOT_2XX = re.compile(r"(Non-2xx|Socket errors).*")


def direct(folder: Path, django: Measured, sockets: int, seconds: float) -> Any:
    """wrk's rate; every answer must be a good one."""
    command = ["wrk", "-t", "1", "-c", str(sockets), "-d", f"{seconds:g}s"]
    command += ["-s", str(_script(folder, django)), f"http://127.0.0.1:{django.port}"]
    cpu = django.cpu()
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert not _NOT_2XX.search(printed), printed
    found = _WRK.search(printed)
    assert found, printed
    messages = int(found[1])
    return {
        "rate": messages / float(found[2]),
        "django_cpu_us": (django.cpu() - cpu) / messages * 1e6,
    }


def through(
    gateway: Measured, django: Measured, sockets: int, seconds: float
) -> dict[str, float]:
    """The rate and the latencies of so many sockets at once."""
    return asyncio.run(_through(gateway, django, sockets, seconds))


async def _through(
    gateway: Measured, django: Measured, sockets: int, seconds: float
) -> dict[str, float]:
    took: list[float] = []
    askers = await asking(gateway.port, sockets, took)
    await asyncio.sleep(_SETTLE_SECONDS)
    took.clear()
    before = gateway.cpu(), django.cpu(), time.process_time()
    start = time.perf_counter()
    await asyncio.sleep(seconds)
    passed, done = time.perf_counter() - start, list(took)
    after = gateway.cpu(), django.cpu(), time.process_time()
    assert not any(each.lost for each in askers)
    for each in askers:
        each.transport.abort()
    each_us = [(b - a) / len(done) * 1e6 for a, b in zip(before, after, strict=True)]
    cpu = dict(zip(("gateway", "django", "client"), each_us, strict=True))
    return {
        "rate": len(done) / passed,
        **latencies(done),
        **{f"{name}_cpu_us": value for name, value in cpu.items()},
    }


async def asking(port: int, sockets: int, took: list[float]) -> Sequence[Asker]:
    askers = [Asker(port, framed(BODY), took) for _ in range(sockets)]
    for each in askers:
        await opened(each, port)
    for each in askers:
        each.ask()
    return askers


def latencies(took: list[float]) -> dict[str, float]:
    """Milliseconds."""
    cuts = quantiles(took, n=1000)
    named = {"p50_ms": cuts[499], "p99_ms": cuts[989], "worst_ms": max(took)}
    return {name: value * 1000 for name, value in named.items()}


def _script(folder: Path, django: Measured) -> Path:
    """What wrk sends: what the gateway would, to the byte, but for the ids."""
    lines = [f"wrk.headers[{json.dumps(k)}] = {json.dumps(v)}" for k, v in _headers()]
    lines += [
        'wrk.method = "POST"',
        'wrk.path = "/ws/"',
        f"wrk.body = [[{BODY.decode()}]]",
    ]
    path = folder / "message.lua"
    path.write_text("\n".join(lines))
    return path


def _headers() -> Sequence[tuple[str, str]]:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.gateway.settings"
    import django

    django.setup()
    from wsrouter.local.rules import integration_request
    from wsrouter.local.rules.behaviour import Behaviour
    from wsrouter.local.rules.gateway_event import ConnectionInfo, GatewayEvent
    from wsrouter.wiring import publisher

    connection = ConnectionInfo(
        domain_name="127.0.0.1", source_ip="127.0.0.1", user_agent="bench"
    )
    event = GatewayEvent(
        type="MESSAGE", route_key="watch", connection=connection, body=BODY
    )
    snapshot = publisher.local_snapshot("default")
    request = integration_request.build(
        replace(event, message_id=event.request_id),
        integration=snapshot.integration,
        api_id="local",
        stage=snapshot.stage.name,
        behaviour=Behaviour(),
    )
    return request.headers
