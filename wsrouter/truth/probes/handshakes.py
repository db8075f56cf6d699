"""How handshakes are answered."""

from collections.abc import Iterator, Mapping

from wsrouter.truth.bench import Bench, CannotAsk
from wsrouter.truth.probe import probe
from wsrouter.truth.raw_socket import HttpAnswer
from wsrouter.truth.verdict import Verdict, settled, unsettled

_REFUSALS = (400, 401, 403, 404, 500)
_REDIRECT = 302
_BODY = "the body of a refusal"
_FAILURE_STATUSES = ("500", "502", "503", "504")
_OFFERED = "truth-one, truth-two"
_CHOSEN = "truth-two"


@probe(
    7,
    "With which status and body is a handshake refused when $connect answers no 2xx?",
    "refusal-status",
    "refusal-body",
    seconds=15,
)
def refusal(bench: Bench) -> Iterator[Verdict]:
    found = {status: _refused(bench, status) for status in _REFUSALS}
    redirect = _refused(bench, _REDIRECT).status
    yield _refusal_status(found, redirect)
    yield _refusal_body(found)


def _refused(bench: Bench, status: int) -> HttpAnswer:
    answer = {"status": status, "body": _BODY}
    if status == _REDIRECT:
        answer["headers"] = [["Location", bench.endpoint.url]]
    found, record, socket = bench.handshake(connect_answer=answer)
    socket.drop()
    if record is None:
        raise CannotAsk(f"the endpoint did not get $connect ({found.status})")
    return found


def _refusal_status(found: Mapping[int, HttpAnswer], redirect: int) -> Verdict:
    pairs = [f"{status} gave {answer.status}" for status, answer in found.items()]
    words = ", ".join([*pairs, f"{_REDIRECT} gave {redirect}"])
    if all(answer.status == status for status, answer in found.items()):
        return settled("refusal-status", "same", words)
    statuses = {str(answer.status) for answer in found.values()}
    if len(statuses) == 1 and (value := statuses.pop()) in ("403", "502"):
        return settled("refusal-status", value, words)
    return unsettled("refusal-status", words)


def _refusal_body(found: Mapping[int, HttpAnswer]) -> Verdict:
    if any(answer.status == 101 for answer in found.values()):
        return unsettled("refusal-body", "not every handshake was refused")
    passed = [_BODY.encode() in answer.body for answer in found.values()]
    words = f"the endpoint's body came with {sum(passed)} of {len(passed)} refusals"
    if all(passed):
        return settled("refusal-body", "passed", words)
    if not any(passed):
        return settled("refusal-body", "dropped", words)
    return unsettled("refusal-body", words)


@probe(
    7,
    "With which status is a handshake refused when $connect is not answered in time?",
    "timeout-status",
    edition="hasty",
)
def timeout_status(bench: Bench) -> Iterator[Verdict]:
    late = {"status": 200, "delay": bench.timing.timeout * 3}
    answer, record, socket = bench.handshake(connect_answer=late)
    socket.drop()
    if record is None and not _got_connect(bench):
        raise CannotAsk(f"the endpoint did not get $connect ({answer.status})")
    yield _failure_status("timeout-status", answer)


def _got_connect(bench: Bench) -> bool:
    """Whether a late answer is still on its way."""
    return (
        bench.endpoint.wait_for(
            bench.endpoint.mark() - 1,
            lambda it: it.event == "CONNECT",
            seconds=bench.timing.timeout * 3 + bench.timing.quiet,
        )
        is not None
    )


@probe(
    7,
    "With which status is a handshake refused when the endpoint cannot be reached?",
    "unreachable-status",
    edition="unreachable",
    seconds=30,
)
def unreachable_status(bench: Bench) -> Iterator[Verdict]:
    socket = bench.raw()
    answer = socket.handshake()
    socket.drop()
    yield _failure_status("unreachable-status", answer)


def _failure_status(switch: str, answer: HttpAnswer) -> Verdict:
    words = f"the handshake got {answer.status} {answer.body[:200]!r}"
    if str(answer.status) in _FAILURE_STATUSES:
        return settled(switch, str(answer.status), words)
    return unsettled(switch, words)


@probe(8, "Does the subprotocol that $connect chose reach the client?", "subprotocol")
def subprotocol(bench: Bench) -> Iterator[Verdict]:
    chosen = {"status": 200, "headers": [["Sec-WebSocket-Protocol", _CHOSEN]]}
    answer, record, socket = bench.handshake(
        [("Sec-WebSocket-Protocol", _OFFERED)], connect_answer=chosen
    )
    socket.drop()
    got = answer.header("Sec-WebSocket-Protocol")
    words = f"{answer.status} with the subprotocol {got or '(none)'}"
    if record is None or answer.status != 101:
        yield unsettled("subprotocol", words)
    elif got == _CHOSEN:
        yield settled("subprotocol", "passed", words)
    elif not got:
        yield settled("subprotocol", "dropped", words)
    else:
        yield unsettled("subprotocol", words)


PROBES = (refusal, timeout_status, unreachable_status, subprotocol)
