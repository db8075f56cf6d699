"""Pings, and the size of compressed frames."""

import json
import time
import zlib
from collections.abc import Iterator

from wsrouter.truth.bench import Bench, CannotAsk
from wsrouter.truth.probe import probe
from wsrouter.truth.raw_socket import RawSocket, Received
from wsrouter.truth.verdict import Verdict, settled, unsettled

_OFFER = "permessage-deflate; client_no_context_takeover"
_FLUSHED = b"\x00\x00\xff\xff"
_INFLATED_BYTES = 60 * 1024
_TOO_BIG = 1009
_DATA = b"truth"
_GLANCE = 0.01


@probe(12, "Does a client's ping get a pong?", "ping", messages=1)
def ping(bench: Bench) -> Iterator[Verdict]:
    with bench.connected() as (socket, _):
        socket.ping(_DATA)
        found = socket.receive(bench.timing.quiet)
        others, alive = ((), True) if found else bench.control(socket)
    received = (found, *others) if found else others
    if any(it.kind == "pong" and it.text == _DATA.decode() for it in received):
        yield settled("ping", "answered", "the pong came")
    elif not received and alive:
        words = "no pong came, and the next message was answered"
        yield settled("ping", "ignored", words)
    else:
        yield unsettled("ping", f"the client got {[it.kind for it in received]}")


@probe(
    12,
    "Does a client's ping restart the idle timer?",
    "ping-resets-idle",
    seconds=720,
    slow=True,
)
def ping_resets_idle(bench: Bench) -> Iterator[Verdict]:
    """Two sockets, of which the one that was opened first sends pings. If they count
    for nothing, it is closed before the silent one."""
    idle, started = bench.timing.idle, time.monotonic()
    ends = started + idle * 1.15 + bench.timing.quiet
    with bench.connected() as (pinging, _), bench.connected() as (silent, _):
        is_closed = is_silent_closed = False
        while not (is_closed or is_silent_closed) and time.monotonic() < ends:
            pinging.ping(_DATA)
            is_closed = _closes(pinging, idle / 10)
            is_silent_closed = _closes(silent, _GLANCE)
        closed_at = time.monotonic() - started
        is_silent_closed |= _closes(silent, idle * 0.2 + bench.timing.quiet)
        is_closed = is_closed or _closes(pinging, bench.timing.quiet)
    if not is_silent_closed:
        words = f"a silent socket was not closed within {closed_at:.0f} s"
        yield unsettled("ping-resets-idle", words)
    else:
        yield _idle_answer(closed_at if is_closed else 0, idle)


def _closes(socket: RawSocket, seconds: float) -> bool:
    """Whether the socket is closed in that time; pongs may come before."""
    ends = time.monotonic() + seconds
    found = socket.receive(seconds)
    while found and found.kind not in ("close", "end"):
        found = socket.receive(max(0.0, ends - time.monotonic()))
    return found is not None


def _idle_answer(closed_at: float, idle: float) -> Verdict:
    if not closed_at:
        words = "only the silent socket was closed"
        return settled("ping-resets-idle", "yes", words)
    if closed_at > idle * 0.9:
        words = f"the pinging socket was closed after {closed_at:.0f} s"
        return settled("ping-resets-idle", "no", words)
    words = f"the pinging socket ended early, after {closed_at:.0f} s"
    return unsettled("ping-resets-idle", words)


@probe(
    19,
    "Does the limit of 32 KB count the bytes of a compressed frame as they were sent?",
    "frame-size",
    messages=1,
)
def frame_size(bench: Bench) -> Iterator[Verdict]:
    answer, _, socket = bench.handshake([("Sec-WebSocket-Extensions", _OFFER)])
    extensions = answer.header("Sec-WebSocket-Extensions") or ""
    if answer.status != 101 or "permessage-deflate" not in extensions:
        socket.drop()
        raise CannotAsk(f"compression was not agreed on: {extensions or answer.status}")
    mark = bench.endpoint.mark()
    text = json.dumps({"action": "one-way", "pad": "x" * _INFLATED_BYTES})
    socket.send_compressed(_deflated(text.encode()))
    found = socket.receive(bench.timing.quiet)
    reached = bench.endpoint.wait_for(
        mark, lambda it: it.text == text, seconds=bench.timing.quiet
    )
    socket.drop()
    yield _size_answer(found, is_reached=reached is not None)


def _deflated(data: bytes) -> bytes:
    made = zlib.compressobj(wbits=-12)
    return (made.compress(data) + made.flush(zlib.Z_SYNC_FLUSH)).removesuffix(_FLUSHED)


def _size_answer(found: Received | None, *, is_reached: bool) -> Verdict:
    is_refused = found is not None and (found.kind, found.code) == ("close", _TOO_BIG)
    if is_reached and not is_refused:
        return settled("frame-size", "compressed", "the endpoint got the message")
    if is_refused and not is_reached:
        return settled("frame-size", "inflated", "the socket was closed with 1009")
    words = f"the client got {found.kind if found else 'nothing'}"
    return unsettled("frame-size", f"{words} {found.code if found else ''}".rstrip())


PROBES = (ping, ping_resets_idle, frame_size)
