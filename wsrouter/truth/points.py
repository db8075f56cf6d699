"""All points, by number: the probes of each, and why some are not asked."""

from collections.abc import Iterable, Iterator

from wsrouter.errors import WSRouterError
from wsrouter.truth.probe import Probe
from wsrouter.truth.probes import (
    deployments,
    gateway_errors,
    handshakes,
    http_requests,
    mapped_headers,
    order_and_retry,
    pings_and_frames,
    replies,
    selected_routes,
)

PROBES: tuple[Probe, ...] = tuple(
    sorted(
        (
            *replies.PROBES,
            *mapped_headers.PROBES,
            *handshakes.PROBES,
            *selected_routes.PROBES,
            *gateway_errors.PROBES,
            *pings_and_frames.PROBES,
            *deployments.PROBES,
            *order_and_retry.PROBES,
            *http_requests.PROBES,
        ),
        key=lambda probe: probe.point,
    )
)
NOT_ASKED = {
    17: (
        "The default page size of lists, and which fields an empty string clears.",
        "no switch of ws_local depends on it",
    ),
    18: (
        "A VPC link, and mutual TLS on a custom domain.",
        "it needs a VPC, a domain and a certificate",
    ),
    22: (
        "@connections with a signature in the query, or with a double slash.",
        "no switch of ws_local depends on it, and wsrouter sends neither",
    ),
}
"""The question of each point that is not asked, and the reason."""


class NoSuchPoint(WSRouterError):
    """--only names a point that does not exist."""


def chosen(only: str, *, slow: bool) -> list[Probe]:
    """The probes of the points in a text such as `1,5-7`, all for an empty text. Slow
    ones need `slow` or to be named. Raises NoSuchPoint."""
    numbers = set(_numbers(only))
    if not only:
        return [probe for probe in PROBES if slow or not probe.slow]
    return [probe for probe in PROBES if probe.point in numbers]


def not_asked(asked: Iterable[Probe]) -> Iterator[tuple[int, str, str]]:
    """Number, question and reason of what can be asked with --slow only, or never."""
    names = {probe.name for probe in asked}
    slow = [
        (probe.point, probe.question, f"it takes {probe.seconds // 60} minutes: --slow")
        for probe in PROBES
        if probe.slow and probe.name not in names
    ]
    yield from sorted([*slow, *((point, *pair) for point, pair in NOT_ASKED.items())])


def not_chosen(asked: Iterable[Probe]) -> list[int]:
    """The points that --only leaves out."""
    found = {probe.point for probe in asked}
    return sorted({probe.point for probe in PROBES} - found)


def _numbers(only: str) -> Iterator[int]:
    for part in filter(None, only.split(",")):
        first, _, last = part.strip().partition("-")
        if not first.isdigit() or (last and not last.isdigit()):
            raise NoSuchPoint(f"--only takes numbers such as 1,5-7, not {only!r}.")
        numbers = range(int(first), int(last or first) + 1)
        known = {probe.point for probe in PROBES} | set(NOT_ASKED)
        if not numbers or (unknown := set(numbers) - known):
            wrong = min(unknown) if numbers else part.strip()
            raise NoSuchPoint(f"There is no point {wrong}; --list shows all.")
        yield from numbers
