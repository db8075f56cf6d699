"""A backend that answers messages in wsrouter's envelope."""

import json
from typing import Any

from tests.local.recording_backend import RecordingBackend, Request, Response


class Answering:
    """Answers `echo` with its payload and `fail` with an error, nothing to `silent`;
    counts what it got, and knows the open connections."""

    def __init__(self, backend: RecordingBackend) -> None:
        self.backend = backend
        self.open: list[str] = []
        self.actions: list[str] = []
        self.refuse_with = 0
        backend.respond = self.respond

    def respond(self, request: Request) -> Response:
        connection_id = request.header("X-Wsrouter-Connection-Id") or ""
        if request.event == "CONNECT":
            if self.refuse_with:
                return Response(status=self.refuse_with)
            self.open.append(connection_id)
            return Response()
        if request.event == "DISCONNECT":
            self.open.remove(connection_id)
            return Response()
        return self._answer(json.loads(request.body))

    def _answer(self, message: dict[str, Any]) -> Response:
        self.actions.append(message["action"])
        if message["action"] == "silent":
            return Response()
        frame = {"type": "reply", "action": message["action"], "id": message.get("id")}
        if message["action"] == "fail":
            frame |= {"type": "error", "error": {"code": "sold_out", "retry": True}}
        else:
            frame["payload"] = message.get("payload", {})
        return Response(body=json.dumps(frame, ensure_ascii=False).encode())
