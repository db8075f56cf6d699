"""A room knows who is there."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from chat.models import Room
from wsrouter.testing import WebSocketClient

TEA = {"groups": ["room:tea"]}


@pytest.fixture
def tabs(
    ws_client: Callable[..., WebSocketClient], tea: Room, ada: User, bob: User
) -> list[WebSocketClient]:
    return [ws_client(user).connect() for user in (ada, bob)]


def names(members: list[dict[str, Any]]) -> list[str]:
    return [member["name"] for member in members]


def test_everybody_is_told_who_comes_and_goes(tabs: list[WebSocketClient]) -> None:
    tab, other = tabs
    reply = tab.call("wsrouter.join", TEA)
    assert names(reply["presence"]["room:tea"]["members"]) == ["ada"]
    reply = other.call("wsrouter.join", TEA)
    assert names(reply["presence"]["room:tea"]["members"]) == ["ada", "bob"]
    other.disconnect()
    changes = [frame["payload"] for frame in tab.frames]
    assert [names(change["joined"]) for change in changes] == [["ada"], ["bob"], []]
    assert [names(change["left"]) for change in changes] == [[], [], ["bob"]]


def test_who_is_taken_out_hears_no_more(
    tabs: list[WebSocketClient], tea: Room, bob: User
) -> None:
    for tab in tabs:
        tab.call("wsrouter.join", TEA)
    tea.members.remove(bob)
    tabs[0].call("chat.say", {"room": "tea", "text": "He is gone."})
    assert "chat.line" in [frame["type"] for frame in tabs[0].frames]
    assert "chat.line" not in [frame["type"] for frame in tabs[1].frames]
