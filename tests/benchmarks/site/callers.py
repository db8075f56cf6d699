"""Ways to call an application: WSGI, ASGI, and a socket of Channels."""

import asyncio
import io
from collections.abc import Mapping
from typing import Any

Answered = tuple[int, bytes]
AMAZON = {
    "Host": "www.example.com",
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Proto": "https",
    "X-Amzn-Trace-Id": "Root=1-67e0a1b2-0123456789abcdef01234567",
    "X-Amzn-Apigateway-Api-Id": "abc123defg",
    "X-Real-Ip": "203.0.113.9",
    "User-Agent": "AmazonAPIGateway_abc123defg",
    "Accept-Encoding": "identity",
}


class Wsgi:
    """One request, again and again, as a server would hand it over."""

    def __init__(
        self, application: Any, path: str, headers: Mapping[str, str], body: bytes
    ) -> None:
        self.application, self.body = application, body
        self.environ = {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            **{
                f"HTTP_{name.upper().replace('-', '_')}": value
                for name, value in headers.items()
            },
        }

    def once(self) -> Answered:
        status = []

        def start_response(line: str, headers: Any, exc_info: Any = None) -> Any:
            status.append(int(line[:3]))

        environ = {**self.environ, "wsgi.input": io.BytesIO(self.body)}
        response = self.application(environ, start_response)
        body = b"".join(response)
        if close := getattr(response, "close", None):
            close()
        return status[0], body

    def many(self, count: int) -> None:
        for _ in range(count):
            self.once()


class Asgi:
    """The same for an ASGI application, on one event loop."""

    def __init__(
        self,
        application: Any,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.application, self.body, self.loop = application, body, loop
        listed = {
            **headers,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
        }
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "client": ("127.0.0.1", 40000),
            "server": ("127.0.0.1", 8000),
            "headers": [
                (name.lower().encode(), value.encode())
                for name, value in listed.items()
            ],
        }

    async def _once(self) -> Answered:
        sent: list[Any] = []
        asked = 0

        async def receive() -> Any:
            nonlocal asked
            asked += 1
            if asked > 1:  # Django listens for the end of the request
                await asyncio.Event().wait()
            return {"type": "http.request", "body": self.body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.application({**self.scope}, receive, send)
        body = b"".join(each.get("body", b"") for each in sent[1:])
        return sent[0]["status"], body

    async def _many(self, count: int) -> None:
        for _ in range(count):
            await self._once()

    def once(self) -> Answered:
        return self.loop.run_until_complete(self._once())

    def many(self, count: int) -> None:
        self.loop.run_until_complete(self._many(count))


class Socket:
    """A WebSocket consumer that answers each text with one text."""

    def __init__(
        self, application: Any, body: bytes, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.loop, self.text = loop, body.decode()
        self.inbox: Any = asyncio.Queue()
        self.outbox: Any = asyncio.Queue()
        scope = {"type": "websocket", "path": "/", "headers": [], "subprotocols": []}
        self.running = loop.create_task(
            application(scope, self.inbox.get, self.outbox.put)
        )
        self.inbox.put_nowait({"type": "websocket.connect"})
        loop.run_until_complete(self.outbox.get())

    async def _once(self) -> Answered:
        self.inbox.put_nowait({"type": "websocket.receive", "text": self.text})
        return 200, (await self.outbox.get())["text"].encode()

    async def _many(self, count: int) -> None:
        for _ in range(count):
            await self._once()

    def once(self) -> Answered:
        return self.loop.run_until_complete(self._once())

    def many(self, count: int) -> None:
        self.loop.run_until_complete(self._many(count))
