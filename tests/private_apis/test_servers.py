"""uvicorn and websockets, which the local gateway subclasses and sets."""

import asyncio
import inspect
from typing import Any

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import (
    WebSocketsSansIOProtocol,
)
from uvicorn.server import ServerState
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

CONFIG: dict[str, Any] = {"log_config": None, "lifespan": "off"}


async def application(scope: Any, receive: Any, send: Any) -> None: ...


def protocol(**options: Any) -> Any:
    config = uvicorn.Config(application, **{**CONFIG, **options})
    config.load()
    loop = asyncio.new_event_loop()
    try:
        return WebSocketsSansIOProtocol(config, ServerState(), {}, loop)
    finally:
        loop.close()


def test_the_methods_of_a_websocket_protocol() -> None:
    parameters = {
        "handle_connect": ["event"],
        "send_receive_event_to_app": [],
        "handle_ping": [],
        "handle_parser_exception": [],
        "handle_events": [],
        "send": ["message"],
        "eof_received": [],
        "connection_lost": ["exc"],
    }
    for name, expected in parameters.items():
        method = inspect.signature(getattr(WebSocketsSansIOProtocol, name))
        assert [*method.parameters][1:] == expected, name
    source = inspect.getsource(WebSocketsSansIOProtocol)
    for name in ("handle_ping", "handle_parser_exception", "handle_connect"):
        assert f"self.{name}(" in source, f"nothing calls {name}"


def test_the_state_of_a_websocket_protocol() -> None:
    made = protocol()
    assert isinstance(made.queue, asyncio.Queue)
    assert made.read_paused is False
    assert made.close_sent is False
    assert made.handshake_complete is False
    assert made.close_timer is None
    assert made.conn.data_to_send() == []
    assert made.conn.close_sent is None


def test_the_life_of_a_server() -> None:
    server = uvicorn.Server(uvicorn.Config(application, **CONFIG))
    assert server.server_state.connections == set()
    assert server.server_state.tasks == set()
    source = inspect.getsource(uvicorn.Server)
    for name in ("capture_signals", "main_loop", "shutdown", "on_tick"):
        assert f"self.{name}(" in source, f"nothing calls {name}"
    assert "self.servers" in source
    assert [*inspect.signature(server.on_tick).parameters] == ["counter"]
    assert [*inspect.signature(server.shutdown).parameters] == ["sockets"]


def test_limits_of_messages_and_of_frames() -> None:
    conn = protocol(ws_max_size=(128, 32)).conn
    assert (conn.max_message_size, conn.max_fragment_size) == (128, 32)


def test_the_extensions_of_a_connection() -> None:
    [extension] = protocol().conn.available_extensions
    assert isinstance(extension, ServerPerMessageDeflateFactory)
