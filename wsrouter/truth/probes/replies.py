"""What becomes of the endpoint's answers to messages."""

from collections.abc import Iterator

from wsrouter.truth.bench import Bench, CannotAsk, Exchange, error_message
from wsrouter.truth.probe import probe
from wsrouter.truth.verdict import Verdict, settled, unsettled

_STATUSES = (404, 500)
_BODY = "the body of a failure"
_LARGE_BYTES = 132 * 1024


@probe(
    1,
    "What does a client get on a two-way route when the endpoint answers 4xx or 5xx?",
    "non-2xx",
    messages=4,
)
def non_2xx(bench: Bench) -> Iterator[Verdict]:
    found = {}
    with bench.connected() as (socket, _):
        for status in _STATUSES:
            answer = {"status": status, "body": _BODY}
            found[status] = _non_2xx_value(bench.exchange(socket, "reply", answer))
    words = ", ".join(f"{status}: {value}" for status, value in found.items())
    values = set(found.values())
    if len(values) == 1 and (value := values.pop()) in ("body", "nothing", "error"):
        yield settled("non-2xx", value, words)
    else:
        yield unsettled("non-2xx", words)


def _non_2xx_value(exchange: Exchange) -> str:
    _must_be_recorded(exchange)
    if exchange.first and exchange.first.text == _BODY:
        return "body"
    if error_message(exchange.first) == "Internal server error":
        return "error"
    return _silence_or(exchange, "nothing")


@probe(
    2,
    "What does an empty 200 send to the client of a two-way route?",
    "empty-reply",
    messages=2,
)
def empty_reply(bench: Bench) -> Iterator[Verdict]:
    with bench.connected() as (socket, _):
        exchange = bench.exchange(socket, "reply", {"status": 200})
    _must_be_recorded(exchange)
    first = exchange.first
    if first and first.kind == "text" and not first.text:
        yield settled("empty-reply", "frame", "an empty frame came")
    else:
        yield _judged(exchange, "empty-reply", silence="nothing")


@probe(
    3,
    "Is a route without a RouteResponse object two-way?",
    "route-response",
    messages=2,
)
def route_response(bench: Bench) -> Iterator[Verdict]:
    answer = {"status": 200, "body": "a reply"}
    with bench.connected() as (socket, _):
        exchange = bench.exchange(socket, "expression", answer)
    record = _must_be_recorded(exchange)
    if record != "expression":
        yield unsettled("route-response", f"the message went to the route {record}")
    elif exchange.first and exchange.first.text == "a reply":
        yield settled("route-response", "expression", "the reply came without one")
    else:
        yield _judged(exchange, "route-response", silence="object")


@probe(
    24,
    "What does a reply above 128 KB send?",
    "large-reply",
    messages=2,
    seconds=8,
)
def large_reply(bench: Bench) -> Iterator[Verdict]:
    answer = {"status": 200, "body": "x" * _LARGE_BYTES}
    with bench.connected() as (socket, _):
        exchange = bench.exchange(socket, "reply", answer)
    _must_be_recorded(exchange)
    if error_message(exchange.first) == "Internal server error":
        yield settled("large-reply", "error", "the error frame came")
    else:
        yield _judged(exchange, "large-reply", silence="nothing")


def _judged(exchange: Exchange, switch: str, *, silence: str) -> Verdict:
    """The value for silence, and no value for everything else."""
    if exchange.is_silent:
        words = "nothing came, and the next message was answered"
        return settled(switch, silence, words)
    return unsettled(switch, _silence_or(exchange, ""))


def _silence_or(exchange: Exchange, silence: str) -> str:
    if exchange.is_silent:
        return silence
    first = exchange.first
    if first is None:
        return "nothing came, and the socket was dead"
    return f"{first.kind} {first.code or ''} {first.text[:200]!r}"


def _must_be_recorded(exchange: Exchange) -> str:
    """The message's route key; raises CannotAsk if the endpoint did not get it."""
    if exchange.recording is None:
        raise CannotAsk("the endpoint did not get the message")
    return exchange.recording.mapped("Route-Key") or ""


PROBES = (non_2xx, empty_reply, route_response, large_reply)
