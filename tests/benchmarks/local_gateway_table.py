"""The tables of docs/explanation/performance.md on the local gateway:
`python -m tests.benchmarks.local_gateway_table`."""

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results" / "local_gateway.json"
_BEHIND = {"django": "Django", "fast_path": "the fast path"}


def rates() -> str:
    lines = [
        (
            "| Behind the gateway | `wrk`, messages/s | the gateway, messages/s"
            " | gateway ÷ `wrk` | CPU µs of the gateway"
            " | p50, p99 in ms, 64 sockets | one socket |"
        ),
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_rates(_read()[f"rates_{key}"], name) for key, name in _BEHIND.items()]
    return "\n".join(lines)


def crowd() -> str:
    lines = [
        (
            "| The client offers to compress | KiB a socket | after a push"
            " | handshakes/s | pushes/s | lost | doubled |"
        ),
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *map(_crowd, _read()["crowd"])])


def slow() -> str:
    found = _read()["slow"]
    lines = [
        "| Meanwhile | messages/s of the others | p50, p99 in ms | memory, MiB more |",
        "|---|---|---|---|",
        _slow("nothing else", found["alone"]),
        _slow("a client that does not read is pushed to", found["pushed_to"]),
        _slow("a client floods and does not read", found["flooded_by"]),
    ]
    return "\n".join(lines)


def _rates(found: dict[str, Any], name: str) -> str:
    through, one = found["through"], found["one_socket"]
    cells = [
        name,
        f"{found['direct']['rate']['median']:,.0f}",
        f"{through['rate']['median']:,.0f}",
        _spread(found["both"]["ratio"]),
        f"{through['gateway_cpu_us']['median']:.0f}",
        _latencies({key: each["median"] for key, each in _times(through)}),
        _latencies({key: each["median"] for key, each in _times(one)}),
    ]
    return f"| {' | '.join(cells)} |"


def _crowd(found: dict[str, Any]) -> str:
    cells = [
        "yes" if found["deflate_offered"] else "no",
        f"{found['pss_kib_per_socket']:.0f}",
        f"{found['pss_kib_per_socket_after_a_push']:.0f}",
        f"{found['handshakes_per_second']:.0f}",
        f"{found['pushes_per_second']:.0f}",
        f"{found['pushes_lost'] + found['sockets_lost']}",
        f"{found['pushes_doubled']}",
    ]
    return f"| {' | '.join(cells)} |"


def _slow(name: str, found: dict[str, Any]) -> str:
    more = found["pss_kib_more_at_most"] / 1024
    rate = f"{found['rate_of_others']:,.0f}"
    return f"| {name} | {rate} | {_latencies(dict(_times(found)))} | {more:.1f} |"


def _times(found: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(name, found[name]) for name in ("p50_ms", "p99_ms")]


def _latencies(found: dict[str, float]) -> str:
    return ", ".join(f"{value:.1f}" for value in found.values())


def _spread(found: dict[str, float]) -> str:
    return f"{found['median']:.2f} ({found['least']:.2f} to {found['most']:.2f})"


def _read() -> Any:
    return json.loads(RESULTS.read_text())


if __name__ == "__main__":
    print("\n\n".join([rates(), crowd(), slow()]))  # noqa: T201
