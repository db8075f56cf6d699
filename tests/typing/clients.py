"""What the Python client's types say: `ignore` stands for mistakes that are found."""

from typing import assert_type

from pydantic import BaseModel

from wsrouter.client import Client, State, connect, sync


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


def without(client: sync.Client) -> None:
    assert_type(client.call("watch", {"order_id": 7}, reply=Status), Status)
    client.send("note", 7)
    client.on("changed", print, Status)()
    with sync.connect("wss://ws.example.com") as other:
        assert_type(other, sync.Client)
