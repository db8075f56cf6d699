"""The default transport: kept connections, threads, and a signer made once an event."""

from wsrouter.aws.posts import answers, keepalive
from wsrouter.aws.posts.keepalive import FAILURES, HUNG_UP, Answer, Line, Pool
from wsrouter.aws.posts.management_api import Connections
from wsrouter.aws.posts.targets import Volley
from wsrouter.delivery.ports import Place, Posted, Recipient, Work
from wsrouter.delivery.thread_pool import post_in_threads
from wsrouter.routing.ports import Address

ALONE_SECONDS = 20.0


class LeanConnections(Connections):
    """Posts over `http.client`; closes and asks as its parent does."""

    def post(self, address: Address, data: bytes) -> Posted:
        place = Place(address.gateway, address.api_id, address.stage)
        shot = _Shots(Volley(data, self._gateways))
        return shot.post_to(place, address.connection_id, ALONE_SECONDS)

    def post_all(self, work: Work, data: bytes) -> None:
        shots = _Shots(Volley(data, self._gateways))
        post_in_threads(work, shots.post, threads=self._in_flight, cut=shots.cut)


class _Shots:
    """The posts of one body, made by several threads at once."""

    def __init__(self, volley: Volley) -> None:
        self._volley = volley
        self._busy: set[Line] = set()

    def post(self, recipient: Recipient, seconds: float) -> Posted:
        return self.post_to(recipient.place, recipient.connection_id, seconds)

    def post_to(self, place: Place, connection_id: str, seconds: float) -> Posted:
        try:
            target, signer = self._volley.aimed(place)
            pool = keepalive.pool(target)
        except Exception as error:  # noqa: BLE001  # told as its outcome
            return answers.never_sent(error)
        headers = {
            **signer.headers,
            "authorization": signer.authorization(connection_id),
        }
        path = signer.path(connection_id)
        try:
            status, code = self._ask(pool, path, headers, seconds)
        except FAILURES as error:
            return answers.unanswered(error)
        if status == 200:
            return answers.DELIVERED
        return answers.posted(status, answers.code_of(code))

    def cut(self) -> None:
        for line in list(self._busy):
            line.cut()

    def _ask(
        self, pool: Pool, path: str, headers: dict[str, str], seconds: float
    ) -> Answer:
        """A kept connection may be closed at this very moment: then once more."""
        line, is_used = pool.borrow()
        try:
            return self._ask_through(line, pool, path, headers, seconds)
        except HUNG_UP:
            if not is_used:
                raise
        line = pool.new()
        return self._ask_through(line, pool, path, headers, seconds)

    def _ask_through(
        self, line: Line, pool: Pool, path: str, headers: dict[str, str], seconds: float
    ) -> Answer:
        self._busy.add(line)
        try:
            answer = line.ask(path, headers, self._volley.data, seconds)
        except BaseException:
            line.close()
            raise
        finally:
            self._busy.discard(line)
        pool.give_back(line)
        return answer
