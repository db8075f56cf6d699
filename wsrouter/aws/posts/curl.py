"""The transport of the extra `curl`: one thread and libcurl's multi interface."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from wsrouter.aws.posts.curl_multi import MultiHandle
from wsrouter.aws.posts.targets import Broadcast
from wsrouter.aws.posts.threads import ThreadedConnections
from wsrouter.delivery.ports import Schedule
from wsrouter.options.gateway import Gateway


class CurlConnections(ThreadedConnections):
    """Posts many frames at once through libcurl; single ones as its parent does."""

    def __init__(
        self, gateways: Callable[[], Mapping[str, Gateway]], *, in_flight: int
    ) -> None:
        super().__init__(gateways, in_flight=in_flight)
        self._idle: deque[MultiHandle] = deque()

    def post_all(self, schedule: Schedule, data: bytes) -> None:
        if not schedule.refill() and schedule.size < 2:
            super().post_all(schedule, data)
            return
        with self._multi_handle() as handle:
            handle.run(schedule, Broadcast(data, self._gateways))

    @contextmanager
    def _multi_handle(self) -> Iterator[MultiHandle]:
        """A handle that no other thread uses, with the connections of earlier sends. It
        is dropped after an error, and in a forked process."""
        try:
            handle = self._idle.pop()
        except IndexError:
            handle = MultiHandle(self._in_flight)
        if handle.is_inherited:
            self._idle.clear()
            handle = MultiHandle(self._in_flight)
        try:
            yield handle
        except BaseException:
            handle.close()
            raise
        self._idle.append(handle)
