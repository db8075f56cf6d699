"""What a client does, case by case, on a clock that the test moves."""

from typing import Any

import pytest

from tests.client.scripted import Scripted, event
from wsrouter import MessageError
from wsrouter.client import CallTimeout, ConnectionLost, OutboxFull, State

FORBIDDEN = {"message": "Forbidden", "connectionId": "c=", "requestId": "r="}


# Connecting


def test_full_jitter_that_never_gives_up() -> None:
    for jitter in (0.0, 0.5, 1.0):
        client, waits = Scripted(jitter=jitter), []
        for _ in range(300):
            client.end(client.opening[-1])
            waits.append(client.protocol.deadline() - client.now)
            client.pass_time(waits[-1])
        bounds = [0.5, 1, 2, 4, 8, 16, 30, 30]
        assert waits[:8] == pytest.approx([jitter * bound for bound in bounds])
        assert waits[-1] == pytest.approx(jitter * 30)


def test_a_socket_that_was_open_for_long_starts_the_backoff_anew() -> None:
    client = Scripted(jitter=1.0)
    for seconds, wait in ((9.0, 0.5), (9.0, 1.0), (10.0, 0.5)):
        socket = client.open()
        client.pass_time(seconds)
        client.end(socket)
        assert client.protocol.deadline() - client.now == pytest.approx(wait)
        client.pass_time(wait)


def test_states() -> None:
    client = Scripted()
    socket = client.open()
    client.end(socket)
    client.pass_time(1)
    client.open()
    client.protocol.close()
    client.look()
    assert client.states == [
        *(State.CONNECTING, State.OPEN, State.WAITING),
        *(State.CONNECTING, State.OPEN, State.CLOSED),
    ]


def test_a_slow_attempt_is_given_up() -> None:
    client = Scripted()
    client.pass_time(31)
    first, second = client.opening
    assert client.closed == [first]
    client.protocol.opened(first)  # it comes after all
    client.look()
    assert client.protocol.state is State.CONNECTING
    client.protocol.opened(second)
    client.look()
    assert client.protocol.state is State.OPEN


def test_a_refusal_is_final() -> None:
    client = Scripted()
    client.end(client.opening[0], is_refused=True)
    assert client.protocol.state is State.REFUSED
    assert client.is_idle
    with pytest.raises(ConnectionLost):
        client.call(queue=False)


def test_the_server_may_ask_for_a_longer_wait() -> None:
    client = Scripted(jitter=0.0)
    client.end(client.opening[0], wait=20)
    client.pass_time(19)
    assert len(client.opening) == 1
    client.pass_time(1)
    assert len(client.opening) == 2


@pytest.mark.parametrize("when", ["connecting", "open", "waiting", "replacing"])
def test_close_is_final_at_any_moment(when: str) -> None:
    client = Scripted(hand_over=60.0, hand_over_spread=0.0)
    socket = client.opening[0]
    if when in ("open", "replacing"):
        client.open()
    if when == "replacing":
        client.pass_time(60)
    if when == "waiting":
        client.end(socket)
    left = client.opening[:] if when != "waiting" else []
    client.protocol.close()
    client.look()
    assert sorted(map(id, client.closed)) == sorted(map(id, left))
    opened = len(client.opening)
    for late in client.opening:
        client.protocol.opened(late)
        client.get(late, event(1))
        client.end(late)
    client.pass_time(10_000)
    assert client.is_idle
    assert (len(client.opening), client.events) == (opened, [])
    assert client.states[-1] is State.CLOSED


# Calls


def test_a_call_and_its_reply() -> None:
    client = Scripted()
    socket = client.open()
    answered = client.call("orders.watch", {"order_id": 7})
    assert client.sent == [
        (socket, {"action": "orders.watch", "id": "1", "payload": {"order_id": 7}})
    ]
    client.reply(socket, {"status": "paid"})
    assert (answered.payload, answered.error) == ({"status": "paid"}, None)


def test_the_flat_envelope() -> None:
    client = Scripted(flat=True)
    client.open()
    client.call("orders.watch", {"order_id": 7})
    assert client.sent[0][1] == {"action": "orders.watch", "id": "1", "order_id": 7}


def test_an_error_frame() -> None:
    client = Scripted()
    socket = client.open()
    answered = client.call()
    content = {
        "code": "throttled",
        "message": "Wait.",
        "retry": True,
        "detail": {"x": 1},
    }
    client.get(socket, {"type": "error", "id": "1", "error": content})
    error = answered.error
    assert isinstance(error, MessageError)
    assert (error.code, error.message, error.retry) == ("throttled", "Wait.", True)
    assert error.detail == {"x": 1}


def test_a_call_that_is_not_answered() -> None:
    client = Scripted()
    client.open()
    answered = client.call("slow")
    client.pass_time(29)
    assert answered.count == 0
    client.pass_time(1)
    assert isinstance(answered.error, CallTimeout)
    assert isinstance(answered.error, TimeoutError)


def test_a_lost_connection_is_an_unknown_outcome() -> None:
    client = Scripted()
    socket = client.open()
    plain, again = client.call("plain"), client.call("again", retry=True)
    client.end(socket)
    assert isinstance(plain.error, ConnectionLost)
    assert plain.error.sent
    client.pass_time(1)
    other = client.open()
    assert client.actions(other) == ["again"]
    client.reply(other, "late")
    assert (again.payload, again.count) == ("late", 1)


def test_close_ends_the_calls_under_way() -> None:
    client = Scripted()
    queued = client.call("queued", queue=True)
    client.protocol.close()
    assert (queued.count, queued.error.sent) == (1, False)
    client = Scripted()
    client.open()
    under_way = client.call()
    client.protocol.close()
    assert (under_way.count, under_way.error.sent) == (1, True)


def test_a_call_waits_for_a_connection_only_if_it_asks() -> None:
    client = Scripted()
    with pytest.raises(ConnectionLost) as raised:
        client.call()
    assert not raised.value.sent
    answered = client.call("queued", queue=True)
    socket = client.open()
    client.reply(socket, 1)
    assert answered.payload == 1


def test_the_outbox_is_bounded() -> None:
    client = Scripted(outbox_calls=2, outbox_bytes=200)
    client.call(queue=True)
    with pytest.raises(OutboxFull, match="bytes"):
        client.call("a", "x" * 200, queue=True)
    expiring = client.call(queue=True, timeout=1)
    with pytest.raises(OutboxFull, match="2 calls"):
        client.call(queue=True)
    client.pass_time(1)
    assert isinstance(expiring.error, CallTimeout)
    client.call(queue=True)


def test_a_message_that_is_too_large() -> None:
    client = Scripted()
    client.open()
    with pytest.raises(ValueError, match="131072 can be sent"):
        client.call("a", "x" * 128 * 1024)


# Frames


def test_frames_that_mean_nothing() -> None:
    client = Scripted()
    socket = client.open()
    for frame in ("", "{", "[1]", "7", "{}", '{"type": 7}', '{"type":"wsrouter.new"}'):
        client.get(socket, frame)
    client.get(socket, {"type": "reply", "id": "99", "payload": 1})
    assert (client.events, client.reports) == ([], [])


def test_an_event_that_comes_twice() -> None:
    client = Scripted(remembered=3)
    socket = client.open()
    for number in (1, 1, 2, 3, 1, 4, 1):
        client.get(socket, event(number))
    assert client.events == [1, 2, 3, 4, 1]
    for _ in range(2):
        client.get(socket, {"type": "counted", "payload": "of an older server"})
    assert len(client.events) == 7


def test_an_error_of_api_gateway_is_that_of_the_only_call() -> None:
    client = Scripted()
    socket = client.open()
    answered = client.call()
    client.get(socket, FORBIDDEN)
    assert answered.error.code == "gateway_error"
    assert answered.error.message == "Forbidden"
    assert client.reports == []


def test_or_of_no_call_that_can_be_named() -> None:
    client = Scripted()
    socket = client.open()
    calls = [client.call(), client.call()]
    client.get(socket, FORBIDDEN)
    client.reply(socket)
    client.protocol.exchange.send("note", {})
    client.look()
    client.get(socket, FORBIDDEN)
    assert [call.count for call in calls] == [0, 1]
    assert len(client.reports) == 2
    client.get(socket, {"type": "error", "error": {"code": "malformed_frame"}})
    assert len(client.reports) == 3


# Keep-alive


def test_a_silent_connection_is_pinged() -> None:
    client = Scripted(jitter=0.5)
    socket = client.open()
    client.pass_time(239)
    assert client.sent == []
    client.pass_time(1)
    assert client.actions(socket) == ["wsrouter.ping"]
    client.reply(socket, {})
    client.pass_time(239)
    assert len(client.sent) == 1


@pytest.mark.parametrize("frame", [FORBIDDEN, event(1), ""])
def test_any_frame_is_a_sign_of_life(frame: Any) -> None:
    client = Scripted()
    socket = client.open()
    client.pass_time(241)
    client.get(socket, frame)
    client.pass_time(200)
    assert client.closed == []
    assert client.reports == []


def test_silence_after_a_ping_ends_a_socket() -> None:
    client = Scripted()
    socket = client.open()
    client.pass_time(254)
    assert client.closed == []
    client.pass_time(1)
    assert client.closed == [socket]
    client.pass_time(1)
    assert len(client.opening) == 2


def test_a_program_that_stood_still_asks_again() -> None:
    client = Scripted()
    socket = client.open()
    client.sleep(4000)  # one tick for everything
    assert client.actions(socket) == ["wsrouter.ping"]
    client.sleep(4000)
    assert client.actions(socket) == ["wsrouter.ping"] * 2
    assert client.closed == []
    client.pass_time(15)
    assert client.closed == [socket]


# Hand-over


def replaced(**numbers: Any) -> tuple[Scripted, Any, Any]:
    client = Scripted(keep_alive=10_000.0, **numbers)
    former = client.open()
    client.pass_time(110 * 60)
    return client, former, client.opening[-1]


@pytest.mark.parametrize(("jitter", "minutes"), [(0.0, 105), (0.5, 110), (1.0, 115)])
def test_the_time_of_a_hand_over(jitter: float, minutes: int) -> None:
    client = Scripted(jitter=jitter, keep_alive=10_000.0)
    client.open()
    client.pass_time(minutes * 60 - 1)
    assert len(client.opening) == 1
    client.pass_time(1)
    assert len(client.opening) == 2
    assert client.protocol.state is State.OPEN


def test_new_calls_go_over_the_new_socket_and_old_ones_are_answered() -> None:
    client, former, new = replaced()
    old_call = client.call("old")
    client.open()
    client.call("new")
    assert (client.actions(former), client.actions(new)) == (["old"], ["new"])
    client.pass_time(11)
    assert client.closed == []
    client.reply(former, "in time")
    assert old_call.payload == "in time"
    assert client.closed == [former]
    assert client.states == [State.CONNECTING, State.OPEN]


def test_an_old_call_is_lost_in_the_end() -> None:
    client, former, _ = replaced()
    old_call = client.call("old", timeout=100)
    client.open()
    client.pass_time(39)
    assert client.closed == [former]
    assert isinstance(old_call.error, ConnectionLost)


def test_no_event_of_either_socket_is_lost_or_doubled() -> None:
    client, former, new = replaced()
    client.open()
    for number, over in enumerate([former, new, former, new]):
        client.get(former, event(number))
        client.get(new, event(number))
        client.get(over, event(100 + number))
    assert client.events == [0, 100, 1, 101, 2, 102, 3, 103]


def test_the_former_socket_stays_until_subscriptions_are_answered() -> None:
    client, former, new = replaced()
    replies, _ = client.subscribe()
    client.reply(former, "first")
    client.open()
    client.pass_time(20)
    assert client.closed == []
    client.reply(new, "second")
    assert client.closed == [former]
    assert replies == ["first", "second"]


def test_a_hand_over_that_fails_is_tried_again() -> None:
    client, former, _ = replaced()
    client.end(client.opening[-1])
    assert client.protocol.state is State.OPEN
    client.call("still here")
    assert client.actions(former) == ["still here"]
    client.pass_time(1)
    assert len(client.opening) == 3
    client.open()
    client.pass_time(39)
    assert former in client.closed


def test_the_former_socket_may_die_meanwhile() -> None:
    client, former, new = replaced()
    client.end(former)
    assert client.protocol.state is State.CONNECTING
    client.open()
    client.call("on")
    assert client.actions(new) == ["on"]


# Subscriptions


def test_a_subscription_is_repeated_on_every_new_socket() -> None:
    client = Scripted()
    replies, subscription = client.subscribe()
    for number in range(3):
        socket = client.open()
        client.reply(socket, number)
        client.end(socket)
        client.pass_time(5)
    assert replies == [0, 1, 2]
    client.protocol.unsubscribe(subscription)
    assert client.actions(client.open()) == []


def test_a_subscription_that_fails_for_now_is_made_again() -> None:
    client = Scripted(jitter=0.0)
    replies, _ = client.subscribe()
    socket = client.open()
    content = {"code": "throttled", "retry": True, "detail": {"retry_after": 7}}
    client.get(socket, {"type": "error", "id": "2", "error": content})
    client.pass_time(6)
    assert len(client.sent) == 1
    client.pass_time(1)
    client.reply(socket, "now")
    assert replies == ["now"]
    assert len(client.reports) == 1


def test_one_that_fails_for_good_is_not() -> None:
    errors: list[Any] = []
    client = Scripted()
    client.subscribe(on_error=errors.append)
    socket = client.open()
    content = {"code": "permission_denied"}
    client.get(socket, {"type": "error", "id": "2", "error": content})
    client.pass_time(200)
    assert len(client.sent) == 1
    assert [error.code for error in errors] == ["permission_denied"]
    assert client.reports == []
