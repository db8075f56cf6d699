"""The sockets that libcurl waits for."""

import select
from collections.abc import Iterator

from wsrouter.aws.posts.pycurl_extra import pycurl

_MASKS = {
    pycurl.POLL_IN: select.EPOLLIN,
    pycurl.POLL_OUT: select.EPOLLOUT,
    pycurl.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
}


class WatchedSockets:
    """An epoll object. A socket between two requests stays registered, because the next
    request mostly follows at once. By then, its file descriptor may belong to another
    socket."""

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._masks: dict[int, int] = {}
        self._idle: set[int] = set()

    def watch(self, event: int, socket: int, *_: object) -> None:
        """libcurl's socket callback: wait for `event` on a socket, or for nothing."""
        if event == pycurl.POLL_REMOVE:
            self._idle.add(socket)
            return
        mask = _MASKS[event]
        if socket in self._idle:
            self._idle.discard(socket)
        elif self._masks.get(socket) == mask:
            return
        self._masks[socket] = mask
        try:
            self._poll.modify(socket, mask)
        except FileNotFoundError:
            self._poll.register(socket, mask)

    def ready(self, seconds: float) -> Iterator[tuple[int, int]]:
        """Wait up to so many seconds; the sockets with events, and libcurl's mask of
        these events."""
        for socket, events in self._poll.poll(seconds):
            if socket in self._idle:
                self._unregister(socket)
                continue
            mask = pycurl.CSELECT_IN if events & ~select.EPOLLOUT else 0
            mask |= pycurl.CSELECT_OUT if events & select.EPOLLOUT else 0
            yield socket, mask

    def close(self) -> None:
        self._poll.close()

    def _unregister(self, socket: int) -> None:
        """Remove an idle socket that has an event: the server has closed it."""
        self._idle.discard(socket)
        del self._masks[socket]
        try:
            self._poll.unregister(socket)
        except OSError:
            self._rebuild()

    def _rebuild(self) -> None:
        """Replace the epoll object. A socket that is closed here, but open in a forked
        process, cannot be unregistered: its event would be reported again and again."""
        self._poll.close()
        self._poll = select.epoll()
        for socket in self._idle:
            del self._masks[socket]
        self._idle.clear()
        for socket, mask in self._masks.items():
            self._poll.register(socket, mask)
