"""WatchedSockets between two requests: closed, hung up on, or another one by now."""

import os
import socket
from collections.abc import Callable, Iterator

import pytest

pytest.importorskip("pycurl")

from wsrouter.aws.posts.epoll import WatchedSockets
from wsrouter.aws.posts.pycurl_extra import pycurl

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def sockets() -> Iterator[WatchedSockets]:
    made = WatchedSockets()
    yield made
    made.close()


@pytest.fixture
def pair() -> Iterator[Callable[[], Pair]]:
    made: list[socket.socket] = []

    def make() -> Pair:
        both = socket.socketpair()
        made.extend(both)
        return both

    yield make
    for end in made:
        end.close()


def ready(sockets: WatchedSockets) -> list[tuple[int, int]]:
    return list(sockets.ready(0.05))


def test_an_idle_socket_is_used_again(
    sockets: WatchedSockets, pair: Callable[[], Pair]
) -> None:
    near, far = pair()
    number = near.fileno()
    sockets.watch(pycurl.POLL_INOUT, number)
    assert ready(sockets) == [(number, pycurl.CSELECT_OUT)]
    sockets.watch(pycurl.POLL_IN, number)
    far.send(b"x")
    assert ready(sockets) == [(number, pycurl.CSELECT_IN)]
    near.recv(1)
    sockets.watch(pycurl.POLL_REMOVE, number)
    assert ready(sockets) == []
    sockets.watch(pycurl.POLL_IN, number)
    far.send(b"y")
    assert ready(sockets) == [(number, pycurl.CSELECT_IN)]


def test_a_socket_that_the_server_closes_is_reported_once(
    sockets: WatchedSockets, pair: Callable[[], Pair]
) -> None:
    near, far = pair()
    sockets.watch(pycurl.POLL_IN, near.fileno())
    sockets.watch(pycurl.POLL_REMOVE, near.fileno())
    far.close()
    assert ready(sockets) == ready(sockets) == []
    sockets.watch(pycurl.POLL_IN, near.fileno())
    assert ready(sockets) == [(near.fileno(), pycurl.CSELECT_IN)]


def test_the_number_of_a_closed_socket_is_used_again(
    sockets: WatchedSockets, pair: Callable[[], Pair]
) -> None:
    old, _ = pair()
    new, far = pair()
    number = old.fileno()
    sockets.watch(pycurl.POLL_IN, number)
    sockets.watch(pycurl.POLL_REMOVE, number)
    old.detach()
    os.dup2(new.fileno(), number)
    try:
        sockets.watch(pycurl.POLL_IN, number)
        far.send(b"x")
        assert ready(sockets) == [(number, pycurl.CSELECT_IN)]
    finally:
        os.close(number)


def test_a_closed_socket_that_another_process_holds(
    sockets: WatchedSockets, pair: Callable[[], Pair]
) -> None:
    closed, far = pair()
    busy, other = pair()
    for end in (closed, busy):
        sockets.watch(pycurl.POLL_IN, end.fileno())
    sockets.watch(pycurl.POLL_REMOVE, closed.fileno())
    held = os.dup(closed.fileno())
    closed.close()
    try:
        far.send(b"x")
        assert ready(sockets) == ready(sockets) == []
        other.send(b"y")
        assert ready(sockets) == [(busy.fileno(), pycurl.CSELECT_IN)]
    finally:
        os.close(held)
