"""The transport of the extra `fast`: one thread and libcurl's multi interface."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from wsrouter.aws.posts.curl_multi import Multi
from wsrouter.aws.posts.targets import Volley
from wsrouter.aws.posts.threads import LeanConnections
from wsrouter.delivery.ports import Work
from wsrouter.options.gateway import Gateway


class FastConnections(LeanConnections):
    """Posts many at once through libcurl; what is single goes as its parent does it."""

    def __init__(
        self, gateways: Callable[[], Mapping[str, Gateway]], *, in_flight: int
    ) -> None:
        super().__init__(gateways, in_flight=in_flight)
        self._free: deque[Multi] = deque()

    def post_all(self, work: Work, data: bytes) -> None:
        if not work.refill() and work.size < 2:
            super().post_all(work, data)
            return
        with self._multi() as multi:
            multi.run(work, Volley(data, self._gateways))

    @contextmanager
    def _multi(self) -> Iterator[Multi]:
        """One that no other thread uses, with the connections of earlier sends; after
        an error it is dropped, and so it is in a forked process."""
        try:
            multi = self._free.pop()
        except IndexError:
            multi = Multi(self._in_flight)
        if multi.is_foreign:
            self._free.clear()
            multi = Multi(self._in_flight)
        try:
            yield multi
        except BaseException:
            multi.close()
            raise
        self._free.append(multi)
