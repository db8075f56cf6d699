"""The default transport: threads, kept connections, and a signer made once an event."""

from wsrouter.aws.posts import answers, keepalive
from wsrouter.aws.posts.keepalive import (
    CLOSED_BY_SERVER,
    FAILURES,
    Answer,
    KeptConnection,
    Pool,
)
from wsrouter.aws.posts.management_api import Boto3Connections
from wsrouter.aws.posts.targets import Broadcast
from wsrouter.delivery.ports import PostResult, Recipient, Schedule, StageAddress
from wsrouter.delivery.thread_pool import post_in_threads
from wsrouter.routing.ports import Address

__all__ = ["ThreadedConnections"]

SINGLE_POST_SECONDS = 20.0


class ThreadedConnections(Boto3Connections):
    """Posts over `http.client`; closes and describes connections as its parent does."""

    def post(self, address: Address, data: bytes) -> PostResult:
        stage_address = StageAddress(address.gateway, address.api_id, address.stage)
        poster = _Poster(Broadcast(data, self._gateways))
        return poster.post_to(stage_address, address.connection_id, SINGLE_POST_SECONDS)

    def post_all(self, schedule: Schedule, data: bytes) -> None:
        poster = _Poster(Broadcast(data, self._gateways))
        post_in_threads(
            schedule, poster.post, threads=self._in_flight, abort=poster.abort
        )


class _Poster:
    """Makes the posts of one broadcast, in several threads at once."""

    def __init__(self, broadcast: Broadcast) -> None:
        self._broadcast = broadcast
        self._busy: set[KeptConnection] = set()

    def post(self, recipient: Recipient, seconds: float) -> PostResult:
        return self.post_to(recipient.stage_address, recipient.connection_id, seconds)

    def post_to(
        self, stage_address: StageAddress, connection_id: str, seconds: float
    ) -> PostResult:
        try:
            target, signer = self._broadcast.target_and_signer(stage_address)
            pool = keepalive.pool(target)
        except Exception as error:  # noqa: BLE001  # it becomes the post's result
            return answers.not_sendable(error)
        headers = {
            **signer.headers,
            "authorization": signer.authorization(connection_id),
        }
        path = signer.path(connection_id)
        try:
            status, code = self._request(pool, path, headers, seconds)
        except FAILURES as error:
            return answers.unanswered(error)
        if status == 200:
            return answers.DELIVERED
        return answers.result_of(status, answers.error_code(code))

    def abort(self) -> None:
        for connection in list(self._busy):
            connection.abort()

    def _request(
        self, pool: Pool, path: str, headers: dict[str, str], seconds: float
    ) -> Answer:
        """Make the request over a kept connection. The server may close that one at
        this very moment; then the request is repeated once, over a new one."""
        connection, is_used = pool.borrow()
        try:
            return self._request_over(connection, pool, path, headers, seconds)
        except CLOSED_BY_SERVER:
            if not is_used:
                raise
        return self._request_over(pool.new(), pool, path, headers, seconds)

    def _request_over(
        self,
        connection: KeptConnection,
        pool: Pool,
        path: str,
        headers: dict[str, str],
        seconds: float,
    ) -> Answer:
        self._busy.add(connection)
        try:
            answer = connection.post(path, headers, self._broadcast.data, seconds)
        except BaseException:
            connection.close()
            raise
        finally:
            self._busy.discard(connection)
        pool.give_back(connection)
        return answer
