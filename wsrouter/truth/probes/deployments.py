"""Sockets that are open while the API changes."""

import json
from collections.abc import Callable, Iterator

from wsrouter.catalog.snapshot import DEFAULT
from wsrouter.truth import snapshots
from wsrouter.truth.bench import Bench, CannotAsk, error_message
from wsrouter.truth.probe import probe
from wsrouter.truth.timing import wait_until
from wsrouter.truth.verdict import Verdict, settled, unsettled

_MARKER = "truth-deployment-"


@probe(
    13,
    "Which routes has a socket that was open when new ones were deployed?",
    "redeploy",
    edition="redeployed",
    messages=30,
    seconds=40,
)
def redeploy(bench: Bench) -> Iterator[Verdict]:
    with bench.connected() as (socket, _):
        bench.apis.publish(snapshots.redeployed(bench.general))
        _wait(bench, lambda: _selects_later(bench), "the new route had no effect")
        token = f"{_MARKER}{bench.endpoint.mark()}"
        text = json.dumps({"action": "later", "token": token})
        key = bench.route_key_of(socket, text, token)
    words = f"a message for the new route went to {key}"
    if value := {"later": "current", DEFAULT: "former"}.get(key or ""):
        yield settled("redeploy", value, words)
    else:
        yield unsettled("redeploy", words)


def _selects_later(bench: Bench) -> bool:
    token = f"{_MARKER}{bench.endpoint.mark()}"
    text = json.dumps({"action": "later", "token": token})
    with bench.connected() as (socket, _):
        return bench.route_key_of(socket, text, token) == "later"


@probe(
    13,
    "What becomes of a socket that was open when the stage was deleted?",
    "deleted-stage",
    edition="deleted",
    messages=1,
    seconds=40,
)
def deleted_stage(bench: Bench) -> Iterator[Verdict]:
    with bench.connected() as (socket, _):
        bench.apis.delete_stage(bench.api)
        _wait(bench, lambda: _is_refused(bench), "the stage still took handshakes")
        bench.endpoint.script({"event": "MESSAGE", "body": "served"})
        mark = bench.endpoint.mark()
        socket.send_text(json.dumps({"action": "reply"}))
        found = socket.receive(bench.timing.answer)
        reached = [it for it in bench.endpoint.since(mark) if it.event == "MESSAGE"]
    kind = found.kind if found else "nothing"
    words = f"the client got {kind} {found.text or found.code if found else ''}".strip()
    if kind in ("close", "end") and not reached:
        yield settled("deleted-stage", "closed", words)
    elif error_message(found) == "Forbidden" and not reached:
        yield settled("deleted-stage", "forbidden", words)
    elif reached and found and found.text == "served":
        yield settled("deleted-stage", "served", words)
    else:
        yield unsettled("deleted-stage", words)


def _is_refused(bench: Bench) -> bool:
    socket = bench.raw()
    try:
        return socket.handshake().status in (403, 404)
    finally:
        socket.drop()


@probe(
    14,
    "Does @connections work on the execute-api host when that host is disabled?",
    "disabled-endpoint",
    edition="disabled",
    messages=1,
    seconds=40,
)
def disabled_endpoint(bench: Bench) -> Iterator[Verdict]:
    with bench.connected() as (socket, record):
        connection_id = record.mapped("Connection-Id") or ""
        before = bench.post(bench.api, connection_id, b"before")
        if before != "delivered":
            raise CannotAsk(f"a post before the change was not delivered: {before}")
        bench.apis.publish(snapshots.disabled(bench.general))
        _wait(bench, lambda: _is_refused(bench), "the host still took handshakes")
        after = bench.post(bench.api, connection_id, b"after")
        socket.drop()
    words = f"a post to an open socket was {after}"
    if value := {"forbidden": "refused", "delivered": "works"}.get(after):
        yield settled("disabled-endpoint", value, words)
    else:
        yield unsettled("disabled-endpoint", words)


def _wait(bench: Bench, condition: Callable[[], bool], failure: str) -> None:
    """Wait until a change has taken effect; raises CannotAsk."""
    if not wait_until(condition, bench.timing.live):
        raise CannotAsk(f"{failure} within {bench.timing.live:.0f} s")


PROBES = (redeploy, deleted_stage, disabled_endpoint)
