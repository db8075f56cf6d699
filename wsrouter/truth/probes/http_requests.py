"""The limits of a handshake, and plain requests."""

from collections.abc import Iterator

from wsrouter.truth.bench import Bench, CannotAsk
from wsrouter.truth.probe import probe
from wsrouter.truth.verdict import Verdict, settled, unsettled

_SMALLEST_BYTES, _LARGEST_BYTES = 1024, 65_536
_ADDED_BYTES = 2048
"""More than the gateway adds: mapped headers, and those about the client."""
_PAD_NAME = "X-Pad"
_PAD_BYTES = 1000
_OFFER = "permessage-deflate; client_max_window_bits"


@probe(
    16,
    "How large may the headers of a handshake be?",
    "handshake-bytes",
    seconds=60,
)
def handshake_bytes(bench: Bench) -> Iterator[Verdict]:
    largest, smallest = _SMALLEST_BYTES, _LARGEST_BYTES
    if not _is_accepted(bench, largest):
        raise CannotAsk(f"headers of {largest} bytes were refused")
    if _is_accepted(bench, smallest):
        words = f"headers of {smallest} bytes were accepted"
        yield unsettled("handshake-bytes", words)
        return
    while smallest - largest > 1:
        middle = (largest + smallest) // 2
        if _is_accepted(bench, middle):
            largest = middle
        else:
            smallest = middle
    words = f"headers of {largest} bytes were accepted, of {smallest} refused"
    if _endpoint_takes(bench, smallest + _ADDED_BYTES):
        yield settled("handshake-bytes", str(largest), words)
    else:
        words += ", but the endpoint, or a proxy before it, refuses such headers, too"
        yield unsettled("handshake-bytes", words)


def _endpoint_takes(bench: Bench, size: int) -> bool:
    """Whether a request with headers of that size that is sent straight to the endpoint
    arrives."""
    headers = {f"{name}-{at}": value for at, (name, value) in enumerate(_padding(size))}
    return bench.endpoint.send(headers, b"") == 200


def _is_accepted(bench: Bench, size: int) -> bool:
    """Whether a handshake is accepted whose headers, with `: ` and the line ends, have
    exactly this many bytes."""
    socket = bench.raw()
    bench.endpoint.script()
    answer = socket.handshake(_padding(size - socket.handshake_bytes))
    socket.drop()
    bench.evidence.note("handshake", size=size, status=answer.status)
    if answer.status in (429, 500, 502, 503, 504):
        raise CannotAsk(f"a handshake failed with {answer.status}")
    return answer.status == 101


def _padding(size: int) -> list[tuple[str, str]]:
    """Headers of that many bytes."""
    line = len(_PAD_NAME) + 4
    found = []
    while size > 0:
        length = size if size < _PAD_BYTES + 2 * line else _PAD_BYTES
        found.append((_PAD_NAME, "x" * (length - line)))
        size -= length
    return found


@probe(
    20,
    "How is a plain GET for a path below the stage's answered?",
    "below-stage",
)
def below_stage(bench: Bench) -> Iterator[Verdict]:
    socket = bench.raw()
    answer = socket.request([("Connection", "close")], below="/123")
    socket.drop()
    words = f"it got {answer.status} {answer.body[:200]!r}"
    if str(answer.status) in ("403", "426"):
        yield settled("below-stage", str(answer.status), words)
    else:
        yield unsettled("below-stage", words)


@probe(
    21,
    "Does the answer to an offer of compression name client_max_window_bits?",
    "window-bits",
)
def window_bits(bench: Bench) -> Iterator[Verdict]:
    answer, _, socket = bench.handshake([("Sec-WebSocket-Extensions", _OFFER)])
    socket.drop()
    extensions = answer.header("Sec-WebSocket-Extensions") or ""
    words = f"{answer.status} with the extensions {extensions or '(none)'}"
    if answer.status != 101 or "permessage-deflate" not in extensions:
        yield unsettled("window-bits", words)
    elif "client_max_window_bits" in extensions:
        yield settled("window-bits", "sent", words)
    else:
        yield settled("window-bits", "absent", words)


PROBES = (handshake_bytes, below_stage, window_bits)
