"""Invokes a Lambda function that runs on this machine, as AWS Lambda does: by a POST of
the event to a path of the Invoke API (Lambda API reference, "Invoke")."""

import json
import logging
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import uuid4

HOST = "127.0.0.1"
_INSTANCES = 10
"""How many events are handled at once. An instance on AWS handles one at a time."""
_PATH = "/2015-03-31/functions/{}/invocations"

logger = logging.getLogger("wsrouter.request")
Handler = Callable[[Any, Any], Any]


@dataclass(frozen=True, kw_only=True)
class LambdaContext:
    """The members of the context that Python handlers use most."""

    function_name: str
    aws_request_id: str = field(default_factory=lambda: str(uuid4()))


def url(port: int, name: str) -> str:
    """Where the function with that name is invoked."""
    return f"http://{HOST}:{port}{_PATH.format(name)}"


def serve(handler: Handler, port: int) -> ThreadingHTTPServer:
    """Invoke the handler for every POST to that port, in threads of this process."""
    pool = ThreadPoolExecutor(_INSTANCES, thread_name_prefix="wsrouter-lambda")

    class Invocations(_Invocations):
        def invoke(self, event: Any, context: LambdaContext) -> Any:
            return pool.submit(handler, event, context).result()

    server = ThreadingHTTPServer((HOST, port), Invocations)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    return server


class _Invocations(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    """Headers and body leave in one packet."""

    def invoke(self, event: Any, context: LambdaContext) -> Any:
        raise NotImplementedError

    def do_POST(self) -> None:
        name = self.path.split("/")[3] if self.path.count("/") == 4 else ""
        if self.path != _PATH.format(name):
            self._answer(404, {"Message": f"No function is invoked at {self.path}"})
            return
        length = int(self.headers.get("Content-Length") or 0)
        context = LambdaContext(function_name=name)
        try:
            event = json.loads(self.rfile.read(length))
            self._answer(200, self.invoke(event, context))
        except Exception as error:
            logger.exception("The handler has failed.")
            self._answer(200, _description(error), failed=True)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its name in the base class
        """Nothing: `ws_local` writes a line for each event."""

    def _answer(self, status: int, content: Any, *, failed: bool = False) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if failed:
            self.send_header("X-Amz-Function-Error", "Unhandled")
        self.end_headers()
        self.wfile.write(body)


def _description(error: Exception) -> dict[str, Any]:
    return {
        "errorType": type(error).__name__,
        "errorMessage": str(error),
        "stackTrace": traceback.format_exception(error),
    }
