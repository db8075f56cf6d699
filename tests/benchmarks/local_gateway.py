"""The local gateway under load: `python -m tests.benchmarks.local_gateway [SOCKETS]`.

Django on Granian, the gateway and the client are processes of their own on this
machine. Straight and through the gateway take turns, so that a busy machine slows both
alike. What is found goes to results/local_gateway.json.
"""

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.gateway import crowd, processes, rates, slow
from tests.benchmarks.serving import quiet

RESULTS = Path(__file__).parent / "results" / "local_gateway.json"
REPETITIONS, SECONDS, SOCKETS = 5, 5.0, 64
DISTRIBUTIONS = "Django aiohttp granian httptools uvicorn uvloop websockets"
Samples = list[dict[str, float]]


def main() -> None:
    sockets = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    found: dict[str, Any] = {"load_before": os.getloadavg()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _migrate(folder)
        for application in ("django", "fast_path"):
            found[f"rates_{application}"] = _rates(folder, application)
        with processes.granian(folder, "fast_path") as django:
            found["crowd"] = []
            for deflate in (False, True):
                with processes.ws_local(folder, django) as gateway:
                    held = crowd.held(gateway, folder, sockets, deflate=deflate)
                    found["crowd"].append(held)
            with processes.ws_local(folder, django) as gateway:
                found["slow"] = slow.measured(gateway, folder)
    found |= _machine()
    RESULTS.write_text(json.dumps(_rounded(found), indent=2) + "\n")
    print(RESULTS.read_text())  # noqa: T201


def _rates(folder: Path, application: str) -> dict[str, Any]:
    direct: Samples = []
    through: Samples = []
    calm: Samples = []
    with (
        processes.granian(folder, application) as django,
        processes.ws_local(folder, django) as gateway,
    ):
        for _ in range(REPETITIONS):
            quiet(5.0)
            direct.append(rates.direct(folder, django, SOCKETS, SECONDS))
            through.append(rates.through(gateway, django, SOCKETS, SECONDS))
            calm.append(rates.through(gateway, django, 1, 2.0))
    pairs = zip(through, direct, strict=True)
    ratios = [{"ratio": one["rate"] / other["rate"]} for one, other in pairs]
    told = {"direct": direct, "through": through, "one_socket": calm, "both": ratios}
    return {name: _spread(samples) for name, samples in told.items()}


def _spread(samples: Samples) -> dict[str, Any]:
    """The median of each figure, with the least and the most."""
    return {name: _of([each[name] for each in samples]) for name in samples[0]}


def _of(values: list[float]) -> dict[str, float]:
    told: dict[str, Callable[[list[float]], float]]
    told = {"median": median, "least": min, "most": max}
    return {name: function(values) for name, function in told.items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _migrate(folder: Path) -> None:
    command = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
    variables = os.environ | processes.environment(folder)
    subprocess.run(command, env=variables, check=True)


def _machine() -> dict[str, Any]:
    return {
        "repetitions": REPETITIONS,
        "sockets": SOCKETS,
        "seconds": SECONDS,
        "load_after": os.getloadavg(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in DISTRIBUTIONS.split()},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    main()
