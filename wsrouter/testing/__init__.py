"""For the tests of applications: a WebSocket client that needs no server."""

from wsrouter.testing.client import ErrorFrame, HandshakeRefused, WebSocketClient

__all__ = ["ErrorFrame", "HandshakeRefused", "WebSocketClient"]
