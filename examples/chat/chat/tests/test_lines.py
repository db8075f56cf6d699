"""What is said in a room is heard there, and nowhere else."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from chat.models import Room
from chat.ws import line_written
from wsrouter.testing import (
    CapturedEvents,
    ErrorFrame,
    HandshakeRefused,
    WebSocketClient,
)

MakeClient = Callable[..., WebSocketClient]
TEA = {"groups": ["room:tea"]}
HELLO = {"room": "tea", "text": "Hello!"}


def test_visitors_are_refused(ws_client: MakeClient) -> None:
    with pytest.raises(HandshakeRefused) as refused:
        ws_client().connect()
    assert refused.value.status == 401


def test_a_line_reaches_everybody_in_the_room(
    ws_client: MakeClient, tea: Room, ada: User, bob: User
) -> None:
    tabs = [ws_client(user).connect() for user in (ada, bob)]
    for tab in tabs:
        tab.call("wsrouter.join", TEA)
    tabs[0].call("chat.say", HELLO)
    for tab in tabs:
        line = tab.receive("chat.line")["payload"]
        assert (line["author"], line["text"]) == ("ada", "Hello!")


def test_a_line_is_stored_and_sent_once(
    ws_client: MakeClient, captured_events: CapturedEvents, tea: Room, ada: User
) -> None:
    ws_client(ada).connect().call("chat.say", HELLO)
    assert [line.text for line in tea.lines.all()] == ["Hello!"]
    captured_events.assert_sent(
        line_written, lambda line: line["text"] == "Hello!", group="room:tea", times=1
    )


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("chat.say", {"room": "secrets", "text": "Hello!"}, "not_found"),
        ("chat.history", {"room": "secrets"}, "not_found"),
        ("wsrouter.join", {"groups": ["room:secrets"]}, "permission_denied"),
    ],
)
def test_a_room_of_others_is_closed(
    ws_client: MakeClient,
    secrets: Room,
    bob: User,
    action: str,
    payload: Any,
    code: str,
) -> None:
    tab = ws_client(bob).connect()
    with pytest.raises(ErrorFrame) as answered:
        tab.call(action, payload)
    assert answered.value.code == code
