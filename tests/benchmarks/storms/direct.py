"""Handshakes straight to the application, in this process and one after the other: what
they cost without a server, and without threads that wait for one another."""

import sys
from collections.abc import Iterator, Sequence
from io import BytesIO
from time import perf_counter, process_time
from typing import Any
from urllib.parse import urlsplit

from tests.benchmarks.servers import Samples
from tests.benchmarks.storms import clients
from tests.benchmarks.storms.clients import Client
from tests.benchmarks.storms.variants import Variant

NAME = "in one process"
CLIENTS = 200
ROUNDS = 21
WARM_UP = 8
"""Handshakes before the first round: psycopg prepares statements that come again."""


def measured(
    variants: Sequence[Variant], crowd: Sequence[Client]
) -> dict[str, Samples]:
    """All variants take turns, each as often the first of a round as the others: what
    comes first is slower."""
    from django.test import override_settings

    some, found = crowd[:CLIENTS], {each.name: [] for each in variants}
    for number in range(ROUNDS):
        first = number % len(variants)
        for variant in [*variants[first:], *variants[:first]]:
            engine = f"django.contrib.sessions.backends.{variant.sessions}"
            clients.reset()
            with override_settings(SESSION_ENGINE=engine):
                found[variant.name].append(_sample(variant, some, f"d{number}"))
    return found


def _sample(variant: Variant, some: Sequence[Client], storm: str) -> dict[str, float]:
    requests = [*_environs(variant, some, storm)]
    _answer(requests[:WARM_UP])
    cpu, begun = process_time(), perf_counter()
    _answer(requests[WARM_UP:])
    cpu, passed = process_time() - cpu, perf_counter() - begun
    count = len(requests) - WARM_UP
    return {"rate": count / passed, "cpu_us": cpu / count * 1e6}


def _answer(environs: Sequence[dict[str, Any]]) -> None:
    from tests.benchmarks.storms.applications import wsgi

    for environ in environs:
        statuses: list[str] = []
        response = wsgi(environ, lambda status, _, told=statuses: told.append(status))
        b"".join(response)
        response.close()
        assert statuses == ["200 OK"]


def _environs(
    variant: Variant, some: Sequence[Client], storm: str
) -> Iterator[dict[str, Any]]:
    for client in some:
        url, headers = variant.handshake(client, storm)
        split = urlsplit(url)
        yield {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": split.path,
            "QUERY_STRING": split.query,
            "CONTENT_LENGTH": "0",
            "SERVER_NAME": "www.example.com",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(),
            "wsgi.errors": sys.stderr,
        } | {
            f"HTTP_{name.upper().replace('-', '_')}": value
            for name, value in headers.items()
        }
