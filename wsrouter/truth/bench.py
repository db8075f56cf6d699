"""What a probe works with: its API, the endpoint, and sockets between them."""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from wsrouter.catalog.snapshot import Snapshot
from wsrouter.errors import WSRouterError
from wsrouter.truth.evidence import Evidence
from wsrouter.truth.raw_socket import Headers, HttpAnswer, RawSocket, Received
from wsrouter.truth.recordings import Endpoint, Recording
from wsrouter.truth.throwaway_apis import PublishedApi, ThrowawayApis
from wsrouter.truth.timing import Timing
from wsrouter.truth.way_to_endpoint import WayToEndpoint

Post = Callable[[PublishedApi, str, bytes], str]
"""Posts to a connection through `@connections`; the outcome: `delivered`, `gone`,
`forbidden`, or another word for a failure."""


class CannotAsk(WSRouterError):
    """What a question needs did not come about, so that there is no answer to it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """One message: what the endpoint recorded of it, and what the client then got.
    `alive`: the socket answered another message afterwards."""

    recording: Recording | None
    received: tuple[Received, ...]
    alive: bool

    @property
    def first(self) -> Received | None:
        return self.received[0] if self.received else None

    @property
    def is_silent(self) -> bool:
        """Whether certainly nothing came: the socket still works."""
        return not self.received and self.alive


@dataclass(kw_only=True)
class Bench:
    """`make_snapshot` gives the general API of an edition of the run, which the probe
    may publish changed as `publish` does."""

    api: PublishedApi
    apis: ThrowawayApis
    general: Snapshot
    endpoint: Endpoint
    way: WayToEndpoint
    timing: Timing
    evidence: Evidence
    post: Post
    marks: list[int] = field(default_factory=list)

    def raw(self) -> RawSocket:
        """A TCP connection to the gateway."""
        return RawSocket(self.api.url, self.evidence, seconds=self.timing.answer)

    def handshake(
        self, headers: Headers = (), *, connect_answer: Mapping[str, Any] | None = None
    ) -> tuple[HttpAnswer, Recording | None, RawSocket]:
        """One handshake: its answer, the record of its `$connect`, the socket."""
        answers = [{"event": "CONNECT", **connect_answer}] if connect_answer else []
        self.endpoint.script(*answers)
        mark, socket = self.endpoint.mark(), self.raw()
        with ExitStack() as stack:
            stack.callback(socket.drop)
            answer = socket.handshake(headers)
            seconds = self.timing.answer if answer.status == 101 else self.timing.quiet
            record = self.endpoint.wait_for(mark, _is_connect, seconds=seconds)
            stack.pop_all()
        return answer, record, socket

    @contextmanager
    def connected(self, headers: Headers = ()) -> Iterator[tuple[RawSocket, Recording]]:
        """An open socket, and the record of its `$connect`; raises CannotAsk."""
        answer, record, socket = self.handshake(headers)
        try:
            if answer.status != 101 or record is None:
                raise CannotAsk(f"the handshake was answered with {answer.status}")
            yield socket, record
        finally:
            socket.drop()

    def exchange(
        self, socket: RawSocket, key: Any, answer: Mapping[str, Any] | None = None
    ) -> Exchange:
        """Send a message with that `action`, which the endpoint answers so."""
        token, control = _token(), _token()
        self.endpoint.script(
            {"event": "MESSAGE", "containing": token, **(answer or {})},
            {"event": "MESSAGE", "containing": control, "body": control},
        )
        mark = self.endpoint.mark()
        socket.send_text(json.dumps({"action": key, "token": token}))
        record = self.endpoint.wait_for(
            mark, lambda it: token in it.text, seconds=self.timing.answer
        )
        if first := socket.receive(self.timing.quiet):
            return Exchange(recording=record, received=(first,), alive=True)
        received, alive = self.control(socket, control)
        return Exchange(recording=record, received=received, alive=alive)

    def control(
        self, socket: RawSocket, token: str = ""
    ) -> tuple[tuple[Received, ...], bool]:
        """Send a message whose reply must come; what else came until then, or shortly
        after, and whether the reply came."""
        if not token:
            token = _token()
            self.endpoint.script(
                {"event": "MESSAGE", "containing": token, "body": token}
            )
        socket.send_text(json.dumps({"action": "reply", "token": token}))
        others, alive = [], False
        while found := socket.receive(
            self.timing.quiet if alive else self.timing.answer
        ):
            if found.text == token:
                alive = True
            else:
                others.append(found)
            if found.kind in ("close", "end"):
                break
        return tuple(others), alive

    def route_key_of(self, socket: RawSocket, text: str, token: str) -> str | None:
        """The route key with which the endpoint got this message, None if it did
        not."""
        self.endpoint.script()
        mark = self.endpoint.mark()
        socket.send_text(text)
        record = self.endpoint.wait_for(
            mark, lambda it: token in it.text, seconds=self.timing.answer
        )
        return record.mapped("Route-Key") if record else None


def _token() -> str:
    return f"truth-{secrets.token_hex(6)}"


def _is_connect(recording: Recording) -> bool:
    return recording.event == "CONNECT"


def error_message(received: Received | None) -> str:
    """The `message` of an error frame of the gateway; empty for any other frame."""
    if received is None or received.kind != "text":
        return ""
    try:
        value = json.loads(received.text)
    except ValueError:
        return ""
    is_error = isinstance(value, dict) and "connectionId" in value
    return str(value.get("message", "")) if is_error else ""
