"""A page that was away misses nothing."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from chat.models import Room
from wsrouter.testing import WebSocketClient

MakeClient = Callable[..., WebSocketClient]


@pytest.fixture
def tab(ws_client: MakeClient, tea: Room, ada: User) -> WebSocketClient:
    client = ws_client(ada).connect()
    client.subscribe("wsrouter.join", {"groups": ["room:tea"]})
    return client


@pytest.fixture
def other(ws_client: MakeClient, tea: Room, bob: User) -> WebSocketClient:
    return ws_client(bob).connect()


def test_lines_of_a_tunnel_come_later(
    tab: WebSocketClient, other: WebSocketClient
) -> None:
    with tab.offline():
        for text in ("one", "two"):
            other.call("chat.say", {"room": "tea", "text": text})
    texts = [tab.receive("chat.line")["payload"]["text"] for _ in range(2)]
    assert (texts, tab.gaps) == (["one", "two"], [])


def test_after_a_gap_the_history_has_the_lines(
    tab: WebSocketClient, other: WebSocketClient
) -> None:
    with tab.offline():
        other.call("chat.say", {"room": "tea", "text": "missed"})
        tab.force_gap("room:tea")
    assert len(tab.gaps) == 1
    newest = tab.call("chat.history", {"room": "tea"})
    assert [line["text"] for line in newest["lines"]] == ["missed"]


def test_the_history_comes_in_pages(tab: WebSocketClient, tea: Room, ada: User) -> None:
    for number in range(40):
        tea.lines.create(author=ada, text=str(number))
    newest = tab.call("chat.history", {"room": "tea"})
    before = newest["lines"][0]["id"]
    earlier = tab.call("chat.history", {"room": "tea", "before": before})
    lines = earlier["lines"] + newest["lines"]
    assert [line["text"] for line in lines] == [str(number) for number in range(40)]
    assert (newest["more"], earlier["more"]) == (True, False)
