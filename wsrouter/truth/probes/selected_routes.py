"""Which route a message selects."""

import json
from collections.abc import Iterator
from typing import Any

from wsrouter.catalog.snapshot import DEFAULT, DISCONNECT
from wsrouter.truth.bench import Bench, CannotAsk
from wsrouter.truth.probe import probe
from wsrouter.truth.raw_socket import RawSocket
from wsrouter.truth.verdict import Verdict, observed, settled, unsettled

_MARKER = "truth-selection-"


@probe(9, "Which route does a null select?", "null-key", messages=1)
def null_key(bench: Bench) -> Iterator[Verdict]:
    with bench.connected() as (socket, _):
        key = _selected(bench, socket, None)
    yield _judged("null-key", key, {"null": "null", DEFAULT: "empty"})


@probe(9, "Which route do a number and a boolean select?", "typed-key", messages=2)
def typed_key(bench: Bench) -> Iterator[Verdict]:
    with bench.connected() as (socket, _):
        keys = (_selected(bench, socket, 7), _selected(bench, socket, True))
    words = f"7 selected {keys[0]}, true selected {keys[1]}"
    judged = {("7", "true"): "stringified", (DEFAULT, DEFAULT): "default"}
    if value := judged.get(keys):
        yield settled("typed-key", value, words)
    else:
        yield unsettled("typed-key", words)


@probe(
    9,
    "Does a message that names $disconnect select that route?",
    "reserved-key",
    messages=1,
)
def reserved_key(bench: Bench) -> Iterator[Verdict]:
    with bench.connected() as (socket, _):
        key = _selected(bench, socket, DISCONNECT)
    yield _judged("reserved-key", key, {DISCONNECT: "match", DEFAULT: "default"})


@probe(23, "Which of two equal keys in a JSON object selects the route?", messages=1)
def doubled_key(bench: Bench) -> Iterator[Verdict]:
    token = f"{_MARKER}{bench.endpoint.mark()}"
    text = f'{{"action": "first", "action": "last", "token": "{token}"}}'
    with bench.connected() as (socket, _):
        key = bench.route_key_of(socket, text, token)
    if key not in ("first", "last"):
        raise CannotAsk(f"the message selected {key}")
    yield observed(f"the {key} one")


def _selected(bench: Bench, socket: RawSocket, action: Any) -> str:
    token = f"{_MARKER}{bench.endpoint.mark()}"
    text = json.dumps({"action": action, "token": token})
    return bench.route_key_of(socket, text, token) or "(nothing came)"


def _judged(switch: str, key: str, values: dict[str, str]) -> Verdict:
    words = f"it selected {key}"
    if value := values.get(key):
        return settled(switch, value, words)
    return unsettled(switch, words)


PROBES = (null_key, typed_key, reserved_key, doubled_key)
