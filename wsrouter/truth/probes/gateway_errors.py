"""The error frames of the gateway, and what throttling does."""

import json
from collections.abc import Iterator

from wsrouter.truth.bench import Bench, CannotAsk, error_message
from wsrouter.truth.probe import probe
from wsrouter.truth.raw_socket import RawSocket, Received
from wsrouter.truth.verdict import Verdict, settled, unsettled

_BURST = 60
_POLICY_VIOLATION = 1008
_TIMEOUT_FRAMES = {
    "Internal server error": "internal",
    "Endpoint request timed out": "timed-out",
}


@probe(
    10,
    "What does a message above the limit of its route cause?",
    "throttled",
    messages=_BURST,
    seconds=10,
)
def throttled(bench: Bench) -> Iterator[Verdict]:
    with bench.connected() as (socket, _):
        frame, close = _throttle(bench, socket)
    words = f"a frame: {frame.text if frame else 'none'}"
    words += f"; a close: {close.code if close else 'none'}"
    is_closed = close is not None and close.code == _POLICY_VIOLATION
    if close is not None and not is_closed:
        yield unsettled("throttled", words)
    elif frame is None and close is None:
        yield unsettled("throttled", f"{_BURST} messages at once had no effect")
    elif is_closed:
        yield settled("throttled", "both" if frame else "close", words)
    else:
        yield settled("throttled", "frame", words)


def _throttle(
    bench: Bench, socket: RawSocket
) -> tuple[Received | None, Received | None]:
    """Send messages at once; the frame and the close that the gateway answers with."""
    bench.endpoint.script()
    for number in range(_BURST):
        socket.send_text(json.dumps({"action": "limited", "number": number}))
    frame = close = None
    seconds = bench.timing.answer
    while found := socket.receive(seconds):
        seconds = bench.timing.quiet
        if found.kind in ("close", "end"):
            close = found
            break
        if found.kind == "text":
            frame = found
    return frame, close


@probe(
    10,
    "Which frame tells a client that its message was not answered in time?",
    "timeout-frame",
    edition="hasty",
    messages=2,
)
def timeout_frame(bench: Bench) -> Iterator[Verdict]:
    late = {"status": 200, "delay": bench.timing.timeout * 3}
    with bench.connected() as (socket, _):
        exchange = bench.exchange(socket, "reply", late)
    if exchange.recording is None:
        raise CannotAsk("the endpoint did not get the message")
    message = error_message(exchange.first)
    if value := _TIMEOUT_FRAMES.get(message):
        yield settled("timeout-frame", value, f"the frame said {message!r}")
    else:
        found = exchange.first.text[:200] if exchange.first else "nothing"
        yield unsettled("timeout-frame", f"the client got {found}")


@probe(
    11,
    "Does a request model take effect, and what is in the frame that says so?",
    "validation",
    "validation-key",
    edition="validated",
    messages=2,
)
def validation(bench: Bench) -> Iterator[Verdict]:
    wrong = json.dumps({"action": "validated", "size": "not a number"})
    with bench.connected() as (socket, _):
        bench.endpoint.script({"event": "MESSAGE", "body": "accepted"})
        mark = bench.endpoint.mark()
        socket.send_text(wrong)
        first = socket.receive(bench.timing.answer)
        reached = any(it.text == wrong for it in bench.endpoint.since(mark))
    if error_message(first) == "Bad request body" and first and not reached:
        yield settled("validation", "checked", f"the frame was {first.text}")
        yield _third_key(first.text)
    elif reached:
        words = "the endpoint got the message"
        yield settled("validation", "skipped", words)
        yield unsettled("validation-key", f"there was no frame, as {words}")
    else:
        words = f"the client got {first.text if first else 'nothing'}"
        yield unsettled("validation", words)
        yield unsettled("validation-key", words)


def _third_key(text: str) -> Verdict:
    others = set(json.loads(text)) - {"message", "connectionId"}
    if others in ({"messageId"}, {"requestId"}):
        return settled("validation-key", others.pop(), f"the frame was {text}")
    return unsettled("validation-key", f"the frame was {text}")


PROBES = (throttled, timeout_frame, validation)
