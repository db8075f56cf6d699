"""Which headers reach the endpoint, and whose they are."""

from collections.abc import Iterator

from wsrouter.sync.steps.route_steps import REFUSED_OPTIONAL
from wsrouter.truth.bench import Bench, CannotAsk
from wsrouter.truth.probe import probe
from wsrouter.truth.recordings import Recording
from wsrouter.truth.snapshots import STAGE
from wsrouter.truth.verdict import Verdict, settled, unsettled
from wsrouter.wire import mapping

_FORGED = "forged"
_AGENT = "truth-client/1"
_REASON = "truth"


@probe(4, "Is a header mapped from a null left out, or empty?", "null-header")
def null_header(bench: Bench) -> Iterator[Verdict]:
    with bench.connected() as (_, record):
        value = record.mapped("Message-Id")
    if value is None:
        yield settled("null-header", "omit", "$connect had no Message-Id header")
    elif not value:
        yield settled("null-header", "empty", "the Message-Id of $connect was empty")
    else:
        yield unsettled("null-header", f"$connect had the Message-Id {value!r}")


@probe(
    4,
    "Can the close code and reason be mapped into headers of $disconnect?",
    "disconnect-code",
    seconds=10,
)
def disconnect_code(bench: Bench) -> Iterator[Verdict]:
    with bench.connected() as (socket, record):
        ours = record.mapped("Connection-Id")
        mark = bench.endpoint.mark()
        socket.close(1000, _REASON)
        gone = bench.endpoint.wait_for(
            mark,
            lambda it: it.event == "DISCONNECT" and it.mapped("Connection-Id") == ours,
            seconds=bench.timing.answer,
        )
    if gone is None:
        raise CannotAsk("no $disconnect came")
    code, reason = gone.mapped("Disconnect-Code"), gone.mapped("Disconnect-Reason")
    words = f"$disconnect had the code {code!r} and the reason {reason!r}"
    if REFUSED_OPTIONAL in bench.api.warnings:
        words += "; API Gateway refused to map them"
    if code == "1000":
        yield settled("disconnect-code", "mapped", words)
    elif not code:
        yield settled("disconnect-code", "null", words)
    else:
        yield unsettled("disconnect-code", words)


@probe(
    5,
    "Does a mapped header win over a client's header of the same name at $connect?",
    "client-header",
)
def client_header(bench: Bench) -> Iterator[Verdict]:
    name = f"{mapping.PREFIX}Stage"
    with bench.connected([(name, _FORGED)]) as (_, record):
        values = record.all(name)
    words = f"{name} was {' and '.join(map(repr, values)) or 'absent'}"
    parts = sorted(part.strip() for value in values for part in value.split(","))
    judged = {
        (STAGE,): "overridden",
        (_FORGED,): "wins",
        tuple(sorted((_FORGED, STAGE))): "joined",
    }
    if value := judged.get(tuple(parts)):
        yield settled("client-header", value, words)
    else:
        yield unsettled("client-header", words)


@probe(
    6,
    "Which User-Agent do messages carry, and is there an X-Amzn-Trace-Id?",
    "later-user-agent",
    "later-trace-id",
    messages=2,
)
def later_headers(bench: Bench) -> Iterator[Verdict]:
    with bench.connected([("User-Agent", _AGENT)]) as (socket, _):
        record = bench.exchange(socket, "one-way").recording
    if record is None:
        raise CannotAsk("the endpoint did not get the message")
    yield _later_agent(bench, record)
    yield _later_trace_id(bench, record)


def _later_agent(bench: Bench, record: Recording) -> Verdict:
    agents = record.all("User-Agent")
    words = f"the message had the User-Agent {', '.join(agents) or '(none)'}"
    if not bench.way.passes_user_agent:
        words = "a proxy before the endpoint changes User-Agent"
    elif agents == [_AGENT]:
        return settled("later-user-agent", "client", words)
    elif agents == [f"AmazonAPIGateway_{bench.api.api_id}"]:
        return settled("later-user-agent", "gateway", words)
    return unsettled("later-user-agent", words)


def _later_trace_id(bench: Bench, record: Recording) -> Verdict:
    name = "X-Amzn-Trace-Id"
    if name.lower() in bench.way.added:
        words = f"a proxy before the endpoint adds {name}"
        return unsettled("later-trace-id", words)
    if values := record.all(name):
        return settled("later-trace-id", "sent", f"the message had {values[0]}")
    return settled("later-trace-id", "absent", "the message had none")


PROBES = (null_header, disconnect_code, client_header, later_headers)
