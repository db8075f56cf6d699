"""uvicorn and websockets, which the local gateway subclasses and sets."""

import asyncio
import inspect
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import (
    WebSocketsSansIOProtocol,
)
from uvicorn.server import ServerState
from websockets.protocol import Protocol
from websockets.server import ServerProtocol

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
        "send_500_response": [],
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


def test_the_http_protocol() -> None:
    source = inspect.getsource(H11Protocol)
    calls = ("_get_upgrade()", "handle_websocket_upgrade(event)")
    for call in (*calls, "send_400_response(msg)"):
        assert f"self.{call}" in source, f"nothing calls {call}"
    config = uvicorn.Config(application, **CONFIG)
    config.load()
    loop = asyncio.new_event_loop()
    made = H11Protocol(config, ServerState(), {}, loop)
    loop.close()
    assert made.cycle is None
    assert made.conn.trailing_data == (b"", False)
    assert "self.cycle.disconnected" in source
    assert "self.cycle.message_event.set()" in source


def test_what_parses_frames() -> None:
    conn = ServerProtocol()
    assert conn.current_size is None
    assert conn.handshake_exc is None
    source = inspect.getsource(Protocol)
    for call in ("self.parser = self.parse()", "self.recv_frame(frame)"):
        assert call in source
    assert "incomplete fragmented message" in source
