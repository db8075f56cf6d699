"""Python's own library, where wsrouter uses more of it than is documented."""

import socket
import sys
from http.client import HTTPConnection, HTTPResponse


def test_an_answer_is_read_from_a_socket() -> None:
    near, far = socket.socketpair()
    with near, far:
        http = HTTPConnection("127.0.0.1")
        assert http.sock is None
        http.sock = near
        http.sock.sendall(b"POST / HTTP/1.1\r\n\r\n")
        assert far.recv(100).startswith(b"POST")
        far.sendall(b"HTTP/1.1 410 Gone\r\nx-a: b\r\ncontent-length: 0\r\n\r\n")
        response = HTTPResponse(http.sock, method="POST")
        response.begin()
        assert (response.status, response.headers.get("x-a")) == (410, "b")
        assert response.read() == b""
        assert response.will_close is False
        http.close()
        assert http.sock is None


def declare() -> tuple[str, int]:
    caller = sys._getframe(1)
    return caller.f_code.co_filename, caller.f_lineno


def test_the_frame_of_a_caller() -> None:
    filename, line = declare()
    assert filename == __file__
    assert line > 0
