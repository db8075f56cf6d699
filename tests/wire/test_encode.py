"""Outcomes to HTTP answers; what handlers cause is tested with them, in routing."""

import pytest

from wsrouter.errors import MessageError
from wsrouter.routing.failures import CRASH
from wsrouter.routing.outcome import Accept, Failure, Nothing, Outcome, Refused, Reply
from wsrouter.wire.encode import OWN_FRAMES, Answer, answer

ERROR = MessageError("own", "A sentence.")


@pytest.mark.parametrize(
    ("outcome", "encoded"),
    [
        (Accept(), Answer()),
        (Accept("v1"), Answer(headers={"Sec-WebSocket-Protocol": "v1"})),
        (Refused(401), Answer(status=401, failed=True)),
        (Refused(403, "ü"), Answer(status=403, body="ü".encode(), failed=True)),
        (Nothing(), Answer()),
        (
            Reply("a", None, b"[1]"),
            Answer(body=b'{"type":"reply","action":"a","payload":[1]}'),
        ),
        (
            Failure(ERROR),
            Answer(
                body=b'{"type":"error","error":'
                b'{"code":"own","message":"A sentence.","retry":false}}',
                failed=True,
            ),
        ),
    ],
)
def test_answers(outcome: Outcome, encoded: Answer) -> None:
    assert answer(outcome)._replace(outcome=None) == encoded


def test_the_status_of_a_crash() -> None:
    crashed = Failure(CRASH, "a", "7", crashed=True)
    assert answer(crashed).status == 200
    assert answer(crashed, crash_status=500).status == 500
    assert answer(Failure(ERROR), crash_status=500).status == 200


def test_an_event() -> None:
    assert OWN_FRAMES.event("orders.changed", "0123456789abcdef", b'{"a":1}') == (
        b'{"type":"orders.changed","id":"0123456789abcdef","payload":{"a":1}}'
    )
