"""Connections to HTTP servers that are kept for the next request.

Threads borrow them; a forked process starts with no connection.
"""

import os
import select
import socket
import ssl
import time
from base64 import b64encode
from collections import deque
from contextlib import suppress
from functools import cache
from http.client import (
    BadStatusLine,
    HTTPConnection,
    HTTPException,
    HTTPResponse,
    HTTPSConnection,
)
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from wsrouter.aws import clients
from wsrouter.aws.posts.targets import PostTarget

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 5.0
"""A post takes milliseconds; a request that sends has 29 seconds for all of its
posts."""
IDLE_SECONDS = 60.0
"""A connection that was not used for so long is closed."""
FAILURES = (OSError, HTTPException)
CLOSED_BY_SERVER = (ConnectionError, BadStatusLine)
Answer = tuple[int, str | None]
"""The status and the `x-amzn-errortype`."""


class KeptConnection:
    """One connection to an HTTP server, for one request at a time."""

    def __init__(self, target: PostTarget, cafile: str) -> None:
        self._http = _connection(target, cafile)
        self.used_at = 0.0

    @property
    def is_open(self) -> bool:
        return self._http.sock is not None

    def post(
        self, path: str, headers: dict[str, str], data: bytes, seconds: float
    ) -> Answer:
        """Make one request within so many seconds; raises one of FAILURES."""
        http = self._http
        if http.sock is None:
            http.timeout = min(CONNECT_SECONDS, max(seconds, 0.05))
            http.connect()
        http.sock.settimeout(min(ANSWER_SECONDS, max(seconds, 0.05)))
        http.sock.sendall(_request(path, headers, data))
        response = HTTPResponse(http.sock, method="POST")
        response.begin()
        response.read()
        if response.will_close:
            http.close()
        self.used_at = time.monotonic()
        return response.status, response.headers.get("x-amzn-errortype")

    def is_stale(self) -> bool:
        """Whether the server has closed it: an idle connection that can be read is
        at its end."""
        if time.monotonic() - self.used_at < 1:
            return False
        return bool(select.select([self._http.sock], [], [], 0)[0])

    def close(self) -> None:
        self._http.close()

    def abort(self) -> None:
        """End the request that another thread is waiting for."""
        if (sock := self._http.sock) is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


class Pool:
    """The idle connections to one server; the one that was used last is taken first."""

    def __init__(self, target: PostTarget, cafile: str) -> None:
        self._target, self._cafile = target, cafile
        self._idle: deque[KeptConnection] = deque()

    def new(self) -> KeptConnection:
        return KeptConnection(self._target, self._cafile)

    def borrow(self) -> tuple[KeptConnection, bool]:
        """A connection, and whether it was used before."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self.new(), False
            if not connection.is_stale():
                return connection, True
            connection.close()

    def give_back(self, connection: KeptConnection) -> None:
        """Keep a connection for the next request, and close the oldest idle one when it
        was not used for long."""
        if connection.is_open:
            self._idle.append(connection)
        with suppress(IndexError):
            if self._idle[0].used_at < time.monotonic() - IDLE_SECONDS:
                self._idle.popleft().close()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()


_pools: dict[tuple[str, str, int], Pool] = {}


def pool(target: PostTarget, profile: str = "") -> Pool:
    """The process's pool of connections to a target's server."""
    key = (target.scheme, target.host, target.port)
    if (found := _pools.get(key)) is None:
        cafile = clients.certificates(profile) if target.scheme == "https" else ""
        found = _pools.setdefault(key, Pool(target, cafile))
    return found


def forget() -> None:
    """Start without connections: for forked processes and tests."""
    for known in _pools.values():
        known.close()
    _pools.clear()


os.register_at_fork(after_in_child=forget)


@cache
def _context(cafile: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=cafile)


def _request(path: str, headers: dict[str, str], data: bytes) -> bytes:
    """Head and body in one piece: `http.client` would send them as two."""
    listed = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST {path} HTTP/1.1\r\n{listed}content-length: {len(data)}\r\n\r\n"
    return head.encode("ascii") + data


def _connection(target: PostTarget, cafile: str) -> HTTPConnection:
    if target.scheme == "http":
        return HTTPConnection(target.host, target.port)
    through = urlsplit(proxy(target))
    context = _context(cafile)
    if not through.hostname:
        return HTTPSConnection(target.host, target.port, context=context)
    http = HTTPSConnection(through.hostname, through.port or 80, context=context)
    http.set_tunnel(target.host, target.port, headers=_proxy_headers(through))
    return http


def proxy(target: PostTarget) -> str:
    """The URL of the proxy for a target, or an empty string."""
    if clients.is_loopback(target.url) or proxy_bypass(target.host):
        return ""
    return getproxies().get(target.scheme, "")


def _proxy_headers(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return {"Proxy-Authorization": f"Basic {b64encode(pair).decode()}"}
