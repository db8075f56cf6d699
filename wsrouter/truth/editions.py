"""Publishes the API that a probe needs, once, and waits until it is live."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from wsrouter.catalog.snapshot import Snapshot
from wsrouter.errors import WSRouterError
from wsrouter.truth import snapshots
from wsrouter.truth.evidence import Evidence
from wsrouter.truth.raw_socket import NoAnswer, RawSocket
from wsrouter.truth.recordings import Endpoint
from wsrouter.truth.throwaway_apis import PublishedApi, ThrowawayApis
from wsrouter.truth.timing import Timing, wait_until

_NOT_YET = (403, 404)
"""What the host of an API answers before it knows the API."""


class NotLive(WSRouterError):
    """A published API did not take effect in time."""


@dataclass(kw_only=True)
class Editions:
    """The throw-away APIs by name. What failed once is not tried again."""

    apis: ThrowawayApis
    endpoint: Endpoint
    evidence: Evidence
    timing: Timing
    unreachable_uri: str
    _made: dict[str, PublishedApi | WSRouterError] = field(default_factory=dict)

    def get(self, edition: str) -> PublishedApi:
        """The API of that name; raises WSRouterError when it is not to be had."""
        if edition not in self._made:
            try:
                self._made[edition] = self._make(edition)
            except WSRouterError as error:
                self._made[edition] = error
        found = self._made[edition]
        if isinstance(found, WSRouterError):
            raise found
        return found

    def general(self, edition: str) -> Snapshot:
        """The general API under the name of an edition."""
        return snapshots.general(
            self.apis.run_id,
            edition,
            uri=self.endpoint.url,
            secret=self.endpoint.secret,
        )

    def _make(self, edition: str) -> PublishedApi:
        made: Mapping[str, Callable[[Snapshot], Snapshot]] = {
            "general": lambda whole: whole,
            "hasty": lambda whole: snapshots.hasty(whole, seconds=self.timing.timeout),
            "unreachable": lambda whole: snapshots.unreachable(
                whole, self.unreachable_uri
            ),
            "validated": snapshots.validated,
            "redeployed": snapshots.small,
            "deleted": snapshots.small,
            "disabled": snapshots.small,
        }
        api = self.apis.publish(made[edition](self.general(edition)))
        wanted = self._is_known if edition == "unreachable" else self._is_live
        self._wait(lambda: wanted(api), edition)
        return api

    def _wait(self, condition: Callable[[], bool], edition: str) -> None:
        if not wait_until(condition, self.timing.live):
            raise NotLive(
                f"The API {edition!r} was published, but no handshake reached the"
                f" endpoint within {self.timing.live:.0f} s."
            )

    def _is_live(self, api: PublishedApi) -> bool:
        """Whether a handshake reaches the endpoint and is accepted."""
        self.endpoint.script()
        mark = self.endpoint.mark()
        if self._status(api) != 101:
            return False
        return any(
            record.event == "CONNECT" and record.mapped("Api-Id") == api.api_id
            for record in self.endpoint.since(mark)
        )

    def _is_known(self, api: PublishedApi) -> bool:
        return self._status(api) not in (0, *_NOT_YET)

    def _status(self, api: PublishedApi) -> int:
        """The status of a handshake; 0 when it is not answered."""
        try:
            socket = RawSocket(api.url, self.evidence, seconds=self.timing.answer)
            try:
                return socket.handshake().status
            finally:
                socket.drop()
        except NoAnswer:
            return 0
