"""The sockets that libcurl waits for."""

import select
from collections.abc import Iterator

from wsrouter.aws.posts.pycurl_extra import pycurl

_MASKS = {
    pycurl.POLL_IN: select.EPOLLIN,
    pycurl.POLL_OUT: select.EPOLLOUT,
    pycurl.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
}


class Sockets:
    """An epoll. A socket between two requests stays in it: mostly the next one is
    about to start. But its number may be another socket's by then."""

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._masks: dict[int, int] = {}
        self._resting: set[int] = set()

    def watch(self, event: int, socket: int, *_: object) -> None:
        """libcurl says what it waits for."""
        if event == pycurl.POLL_REMOVE:
            self._resting.add(socket)
            return
        mask = _MASKS[event]
        if socket in self._resting:
            self._resting.discard(socket)
        elif self._masks.get(socket) == mask:
            return
        self._masks[socket] = mask
        try:
            self._poll.modify(socket, mask)
        except FileNotFoundError:
            self._poll.register(socket, mask)

    def ready(self, seconds: float) -> Iterator[tuple[int, int]]:
        """Those that something happened to, and what, in libcurl's words."""
        for socket, events in self._poll.poll(seconds):
            if socket in self._resting:
                self._drop(socket)
                continue
            mask = pycurl.CSELECT_IN if events & ~select.EPOLLOUT else 0
            mask |= pycurl.CSELECT_OUT if events & select.EPOLLOUT else 0
            yield socket, mask

    def close(self) -> None:
        self._poll.close()

    def _drop(self, socket: int) -> None:
        """A resting socket has something to say: that the server has hung up."""
        self._resting.discard(socket)
        del self._masks[socket]
        try:
            self._poll.unregister(socket)
        except OSError:
            self._begin_anew()

    def _begin_anew(self) -> None:
        """A forked process holds a socket that is closed here: the epoll would tell of
        it again and again."""
        self._poll.close()
        self._poll = select.epoll()
        for socket in self._resting:
            del self._masks[socket]
        self._resting.clear()
        for socket, mask in self._masks.items():
            self._poll.register(socket, mask)
