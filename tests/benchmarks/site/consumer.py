"""Channels' way to give the same answer."""

import orjson
from channels.generic.websocket import AsyncWebsocketConsumer


class Echo(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        frame = orjson.loads(text_data)
        status = {"order_id": frame["payload"]["order_id"], "status": "paid"}
        answer = {"type": "reply", "action": "watch", "id": frame["id"]}
        await self.send(text_data=orjson.dumps(answer | {"payload": status}).decode())
