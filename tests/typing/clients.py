"""What the Python client's types say: `ignore` stands for mistakes that are found."""

from typing import assert_type

from pydantic import BaseModel

from wsrouter import streams
from wsrouter.client import Client, Gap, PresenceView, State, connect, sync
from wsrouter.testing import Subscription, WebSocketClient


class Status(BaseModel):
    order_id: int


async def with_asyncio(client: Client) -> None:
    assert_type(await client.call("watch", {"order_id": 7}, reply=Status), Status)
    assert_type(await client.call("watch", reply=list[Status]), list[Status])
    await client.send("note", 7)
    assert_type(client.state, State)
    assert_type(await connect("ws://127.0.0.1:8001/production"), Client)
    async with connect("wss://ws.example.com", ticket=lambda: "a ticket") as other:
        assert_type(other, Client)
    await client.call("watch", reply=Status, timeot=1)  # type: ignore[call-overload]
    assert_type(client.presence("g", "e", member=Status), PresenceView[Status])
    connect("wss://ws.example.com", since=streams.positions(groups=["g"]))
    client.on_gap(told)
    client.on_gap(print)


def told(gap: Gap) -> str:
    return gap.id or "all"


def without(client: sync.Client) -> None:
    assert_type(client.call("watch", {"order_id": 7}, reply=Status), Status)
    client.send("note", 7)
    client.on("changed", print, Status)()
    client.subscribe("watch", on_gap=told, since={"x": {"epoch": "1", "seq": 1}})()
    client.subscribe("watch", since={"x": 1})  # type: ignore[dict-item]
    room = client.presence("room:tea", "rooms.presence", member=Status)
    assert_type(room.members, list[Status] | None)
    client.presence("room:tea", "rooms.presence", membr=Status)  # type: ignore[call-arg]
    with sync.connect("wss://ws.example.com") as other:
        assert_type(other, sync.Client)


def in_a_test(client: WebSocketClient) -> None:
    watching = client.subscribe("watch", {"order_id": 7})
    assert_type(watching, Subscription)
    assert_type(client.connect(source_ip="203.0.113.9"), WebSocketClient)
    assert_type(client.reconnect(query="x=1"), WebSocketClient)
    client.reconnect(source="203.0.113.9")  # type: ignore[call-arg]
