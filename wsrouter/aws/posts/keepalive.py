"""Connections to HTTP servers that are kept for the next request.

Threads borrow them; a forked process starts without any.
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
from wsrouter.aws.posts.targets import Target

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 5.0
"""A post takes milliseconds; a request that sends has 29 seconds for all of them."""
IDLE_SECONDS = 60.0
FAILURES = (OSError, HTTPException)
HUNG_UP = (ConnectionError, BadStatusLine)
Answer = tuple[int, str | None]
"""The status and the `x-amzn-errortype`."""


class Line:
    """One connection; `ask` is one request and its answer."""

    def __init__(self, target: Target, cafile: str) -> None:
        self._http = _connection(target, cafile)
        self.used_at = 0.0

    @property
    def is_open(self) -> bool:
        return self._http.sock is not None

    def ask(
        self, path: str, headers: dict[str, str], data: bytes, seconds: float
    ) -> Answer:
        """Raises one of FAILURES."""
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
        """Whether the server has hung up: something can be read that nobody asked."""
        if time.monotonic() - self.used_at < 1:
            return False
        return bool(select.select([self._http.sock], [], [], 0)[0])

    def close(self) -> None:
        self._http.close()

    def cut(self) -> None:
        """End the request that another thread is waiting for."""
        if (sock := self._http.sock) is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


class Pool:
    """The idle connections to one server, the one used last on top."""

    def __init__(self, target: Target, cafile: str) -> None:
        self._target, self._cafile = target, cafile
        self._idle: deque[Line] = deque()

    def new(self) -> Line:
        return Line(self._target, self._cafile)

    def borrow(self) -> tuple[Line, bool]:
        """A connection, and whether it was used before."""
        while True:
            try:
                line = self._idle.pop()
            except IndexError:
                return self.new(), False
            if not line.is_stale():
                return line, True
            line.close()

    def give_back(self, line: Line) -> None:
        if line.is_open:
            self._idle.append(line)
        with suppress(IndexError):
            if self._idle[0].used_at < time.monotonic() - IDLE_SECONDS:
                self._idle.popleft().close()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()


_pools: dict[tuple[str, str, int], Pool] = {}


def pool(target: Target, profile: str = "") -> Pool:
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
    """Head and body in one piece: `http.client` sends two."""
    listed = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST {path} HTTP/1.1\r\n{listed}content-length: {len(data)}\r\n\r\n"
    return head.encode("ascii") + data


def _connection(target: Target, cafile: str) -> HTTPConnection:
    if target.scheme == "http":
        return HTTPConnection(target.host, target.port)
    through = urlsplit(proxy(target))
    context = _context(cafile)
    if not through.hostname:
        return HTTPSConnection(target.host, target.port, context=context)
    http = HTTPSConnection(through.hostname, through.port or 80, context=context)
    http.set_tunnel(target.host, target.port, headers=_proxy_headers(through))
    return http


def proxy(target: Target) -> str:
    """The URL of the proxy on the way there, or an empty string."""
    if clients.is_loopback(target.url) or proxy_bypass(target.host):
        return ""
    return getproxies().get(target.scheme, "")


def _proxy_headers(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}".encode()
    return {"Proxy-Authorization": f"Basic {b64encode(pair).decode()}"}
