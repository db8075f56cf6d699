"""wrk: as many requests as the server answers; every answer is compared."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.benchmarks.gateway.processes import Measured
from tests.benchmarks.served.variants import Variant

_PATIENCE = "30s"
_COUNTS = """
wrk.method = "POST"
wrong = 0
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function response(status, headers, body)
  if status ~= 200 or body ~= expected then wrong = wrong + 1 end
end

function done(summary, latency)
  local bad, errors = 0, summary.errors
  for _, thread in ipairs(threads) do bad = bad + thread:get("wrong") end
  bad = bad + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format('\\n{"requests":%d,"us":%d,"bad":%d,"p50":%d,"p99":%d}\\n',
    summary.requests, summary.duration, bad,
    latency:percentile(50), latency:percentile(99)))
end
"""


def program() -> str:
    found = shutil.which("wrk")
    if not found:
        raise SystemExit("wrk is missing: apt-get install wrk")
    return found


def measured(
    script: Path, server: Measured, connections: int, seconds: int
) -> dict[str, float]:
    """The rate, the latencies, and the CPU time of the server for each message."""
    command = [program(), "-t", "1", "-c", str(connections), "-d", f"{seconds}s"]
    command += ["--timeout", _PATIENCE, "-s", str(script)]
    command.append(f"http://127.0.0.1:{server.port}")
    cpu = server.cpu()
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    cpu = server.cpu() - cpu
    found: dict[str, Any] = json.loads(printed.splitlines()[-1])
    assert not found["bad"], printed
    return {
        "rate": found["requests"] / found["us"] * 1e6,
        "cpu_us": cpu / found["requests"] * 1e6,
        "p50_ms": found["p50"] / 1000,
        "p99_ms": found["p99"] / 1000,
    }


def script(path: Path, variant: Variant, answer: bytes) -> Path:
    """What wrk sends, and the answer that it must get, each time."""
    lines = [
        f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}"
        for name, value in variant.headers().items()
    ]
    lines += [
        f"wrk.path = {json.dumps(variant.path)}",
        f"wrk.body = [[{variant.body().decode()}]]",
        f"expected = [[{answer.decode()}]]",
    ]
    path.write_text("\n".join([_COUNTS, *lines]))
    return path
