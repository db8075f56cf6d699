"""The order of a connection's messages, and requests that are sent again."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from wsrouter.truth.bench import Bench, CannotAsk
from wsrouter.truth.probe import probe
from wsrouter.truth.raw_socket import RawSocket
from wsrouter.truth.recordings import Recording
from wsrouter.truth.timing import wait_until
from wsrouter.truth.verdict import Verdict, settled, unsettled
from wsrouter.wire import mapping

_SLOW_SECONDS = 1.0
_BURSTS = 5
_NUMBERS = 30
_GAP_SECONDS = 0.015
"""A burst in its order shows that nothing shuffles. One that is out of order may be the
work of a busy machine: then all have to be, and bursts that are sent straight to the
endpoint have to keep their order."""
_DIRECT_BURSTS = 2


@probe(
    15,
    "Do the messages of one connection run at the same time, and in their order?",
    "message-order",
    messages=_BURSTS * _NUMBERS + 2,
    seconds=15,
)
def message_order(bench: Bench) -> Iterator[Verdict]:
    with bench.connected() as (socket, _):
        bench.endpoint.script(
            {"event": "MESSAGE", "containing": "slow", "delay": _SLOW_SECONDS}
        )
        mark = bench.endpoint.mark()
        for text in ("slow", "fast"):
            socket.send_text(json.dumps({"action": "one-way", "token": text}))
        slow, fast = (_recorded(bench, mark, text) for text in ("slow", "fast"))
        if slow.answered_at is None or fast.received_at >= slow.answered_at:
            words = "the second message waited for the answer to the first"
            yield settled("message-order", "serial", words)
            return
        bursts: list[list[int]] = []
        while len(bursts) < _BURSTS and not any(map(_is_in_order, bursts)):
            bursts.append(_burst(bench, socket))
    yield _order(bench, bursts)


def _is_in_order(numbers: list[int]) -> bool:
    return numbers == list(range(_NUMBERS))


def _order(bench: Bench, bursts: list[list[int]]) -> Verdict:
    last = bursts[-1]
    words = f"they ran at the same time, and arrived as {last}"
    if any(len(numbers) != _NUMBERS for numbers in bursts):
        numbers = [len(numbers) for numbers in bursts]
        return unsettled("message-order", f"of {_NUMBERS} there arrived {numbers}")
    if _is_in_order(last):
        return settled("message-order", "concurrent", words)
    if not all(_is_in_order(_direct_burst(bench)) for _ in range(_DIRECT_BURSTS)):
        words = "requests that go straight to the endpoint change their order, too"
        return unsettled("message-order", words)
    return settled("message-order", "shuffled", f"{words}, after {len(bursts)} tries")


def _burst(bench: Bench, socket: RawSocket) -> list[int]:
    """Send numbered messages; their numbers in the order of their arrival."""
    mark = bench.endpoint.mark()
    for number in range(_NUMBERS):
        text = json.dumps({"action": "one-way", "number": number, "of": "burst"})
        socket.send_text(text)
        time.sleep(_GAP_SECONDS)
    return _numbers(bench, mark)


def _direct_burst(bench: Bench) -> list[int]:
    """The same without API Gateway."""
    mark = bench.endpoint.mark()
    headers = {f"{mapping.PREFIX}Event-Type": "MESSAGE"}
    with ThreadPoolExecutor(_NUMBERS) as pool:
        for number in range(_NUMBERS):
            text = json.dumps({"number": number, "of": "burst"})
            pool.submit(bench.endpoint.send, headers, text.encode())
            time.sleep(_GAP_SECONDS)
    return _numbers(bench, mark)


def _numbers(bench: Bench, mark: int) -> list[int]:
    """The numbers of a burst in the order of their arrival."""

    def arrived() -> list[Recording]:
        return [it for it in bench.endpoint.since(mark) if '"burst"' in it.text]

    wait_until(lambda: len(arrived()) >= _NUMBERS, bench.timing.answer)
    found = sorted(arrived(), key=lambda it: it.received_at)
    return [json.loads(it.text)["number"] for it in found]


def _recorded(bench: Bench, mark: int, text: str) -> Recording:
    found = bench.endpoint.wait_for(
        mark, lambda it: f'"{text}"' in it.text, seconds=bench.timing.answer
    )
    if found is None:
        raise CannotAsk("the endpoint did not get both messages")
    return found


@probe(
    15,
    "Is a request that ended without an answer sent again?",
    "retry",
    messages=2,
    seconds=8,
)
def retry(bench: Bench) -> Iterator[Verdict]:
    if not bench.way.passes_aborts:
        raise CannotAsk("a proxy before the endpoint answers in its place")
    with bench.connected() as (socket, _):
        mark = bench.endpoint.mark()
        exchange = bench.exchange(socket, "reply", {"abort": True})
        records = bench.endpoint.since(mark)
    if exchange.recording is None:
        raise CannotAsk("the endpoint did not get the message")
    same = [it for it in records if it.body == exchange.recording.body]
    words = f"the endpoint got the message {len(same)} times"
    if value := {1: "never", 2: "once"}.get(len(same)):
        yield settled("retry", value, words)
    else:
        yield unsettled("retry", words)


PROBES = (message_order, retry)
