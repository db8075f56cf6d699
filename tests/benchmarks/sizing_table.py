"""The tables of docs/explanation/sizing-and-costs.md, from results of benchmarks and
from prices: `python -m tests.benchmarks.sizing_table` writes them."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks import costs, fanout_table, page
from tests.benchmarks.prices import PRICES

RESULTS = Path(__file__).parent / "results"
FILE = page.FOLDER / "sizing-and-costs.md"
MESSAGE = "fast path, connection and user"
HANDSHAKE = "cached_db sessions"
SERVERS = ("gunicorn, WSGI", "uvicorn, ASGI")
LIFETIME_SECONDS = 7200
"""After two hours API Gateway closes a socket, and its client comes back."""


def cores() -> str:
    """What one core does in a second."""
    return _rows(("", "CPU µs", "a second, on a core", "enough for"), _cores())


def _cores() -> Iterator[tuple[str, ...]]:
    for server in SERVERS:
        yield _core(f"message, {server}", _message_us(server), _one_a_minute)
    for server in SERVERS:
        cpu = _storm(server)["cpu_us"]["median"]
        yield _core(f"handshake, {server}", cpu, _one_a_lifetime)
    for name in ("threads", "curl"):
        yield _core(f'post of an event, `"{name}"`', _post_us(name), _one_a_minute)
    database = _storm(SERVERS[0])["database_cpu_us"]["median"]
    yield _core("handshake, PostgreSQL's part", database, _one_a_lifetime)


def _core(name: str, cpu_us: float, enough: Callable[[float], str]) -> tuple[str, ...]:
    rate = 1e6 / cpu_us
    return name, f"{cpu_us:,.0f}", f"{rate:,.0f}", enough(rate)


def _one_a_minute(rate: float) -> str:
    return f"{_rounded(rate * 60)} sockets with one a minute"


def _one_a_lifetime(rate: float) -> str:
    return f"{_rounded(rate * LIFETIME_SECONDS)} sockets that come back in two hours"


def rows() -> str:
    """What the database holds."""
    found = _read("registry_large")
    mib = found["mib"]
    each = {
        "a connection": mib["wsrouter_openconnection"] / found["connections"],
        "its memberships in three groups": mib["wsrouter_membership"]
        / found["connections"],
    }
    cells = [
        (name, f"{size * 1_048_576:,.0f}", f"{size * 1e6 / 1024:.1f} GiB")
        for name, size in each.items()
    ]
    return _rows(("", "bytes", "of a million"), cells)


def prices() -> str:
    cells = [
        (
            each.what,
            f"${_price(each.dollars)} {each.unit}",
            f"[{each.page}]({each.url})",
            each.date,
        )
        for each in PRICES.values()
    ]
    return _rows(("What", "Price", "Page", "Of"), cells)


def million() -> str:
    """What a million messages of clients cost, with their answers or without."""
    ours = costs.of_cpu(_message_us(SERVERS[0]))
    channels = costs.of_cpu(_channels_us())
    gateway, alone = costs.of_gateway(2e6), costs.of_gateway(1e6)
    cells = [
        ("wsrouter on Fargate", gateway, ours),
        ("wsrouter on Lambda", gateway, costs.on_lambda(1e6)),
        (
            "a million events to wsrouter's sockets",
            alone,
            costs.of_cpu(_post_us("curl")),
        ),
        ("Channels on Fargate", 0.0, channels),
    ]
    return _rows(
        ("A million messages with their answers", "API Gateway", "CPU", "together"),
        [(name, _cents(a), _cents(b), _cents(a + b)) for name, a, b in cells],
    )


def examples() -> str:
    facts: Mapping[str, Callable[[costs.Example], str]] = {
        "sockets": lambda each: f"{each.sockets:,}",
        "hours a month": lambda each: f"{each.hours}",
        "messages a socket sends in an hour": lambda each: f"{each.sent_an_hour:g}",
        "events it gets in an hour": lambda each: f"{each.events_an_hour:g}",
        "connection minutes, millions": lambda each: f"{each.minutes / 1e6:,.1f}",
        "messages API Gateway counts, millions": lambda each: (
            f"{each.messages / 1e6:,.1f}"
        ),
        "**API Gateway and wsrouter's CPU**": lambda each: _whole(
            costs.with_wsrouter(each, _message_us(SERVERS[0]), _post_us("curl"))
        ),
        "Channels' tasks": lambda each: (
            f"{each.channels_tasks} of {each.task_vcpu:g} vCPU,"
            f" {costs.GB_OF_A_VCPU * each.task_vcpu:g} GB"
        ),
        "**Channels: tasks, connections, cache**": lambda each: _whole(
            costs.with_channels(each)
        ),
    }
    cells = [
        (name, *(told(each) for each in costs.EXAMPLES)) for name, told in facts.items()
    ]
    return _rows(("In a month", *(each.name for each in costs.EXAMPLES)), cells)


TABLES: Mapping[str, Callable[[], str]] = {
    "cores": cores,
    "rows": rows,
    "prices": prices,
    "million": million,
    "examples": examples,
}


def _message_us(server: str) -> float:
    found: float = _read("servers")["servers"][server][MESSAGE]["cpu_us"]["median"]
    return found


def _channels_us() -> float:
    found: float = _read("messages")["variants"]["Channels echo consumer"]["cpu_us"]
    return found


def _post_us(transport: str) -> float:
    former = {now: name for name, now in fanout_table.FORMER_NAMES.items()}
    found = _read("fanout")["variants"]
    cpu: float = found.get(transport, found.get(former[transport]))["cpu_us"][1]
    return cpu


def _storm(server: str) -> dict[str, Any]:
    found: dict[str, Any] = _read("storm")["servers"][server][HANDSHAKE]
    return found


def _price(dollars: float) -> str:
    """With cents at least, and all other digits that it has."""
    whole, _, rest = f"{dollars:.10f}".rstrip("0").partition(".")
    return f"{whole}.{rest:0<2}"


def _rounded(number: float) -> str:
    return f"{float(f'{number:.2g}'):,.0f}"


def _cents(amount: float) -> str:
    return f"${amount:,.3f}" if amount else "none"


def _whole(amount: float) -> str:
    return f"**${amount:,.0f}**"


def _rows(head: tuple[str, ...], cells: Any) -> str:
    lines = [head, ("---",) * len(head), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _read(name: str) -> Any:
    return json.loads((RESULTS / f"{name}.json").read_text())


if __name__ == "__main__":
    for name, table in TABLES.items():
        page.put(name, table(), FILE)
