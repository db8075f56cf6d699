"""The API Gateway in memory as an HTTP server, for boto3 in processes of their own."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import botocore.session
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.model import OperationModel, Shape, StructureShape

from tests.simulated_aws.api_gateway import MemoryApiGateway
from tests.simulated_aws.resource_rules import RULES

QUICK_CREATE = (
    "ApiKeySelectionExpression",
    "DisableSchemaValidation",
    "RouteKey",
    "Target",
)
"""AWS takes these for a WebSocket API, too, and nothing comes of them here."""


@contextmanager
def serving(*, page: int = 100) -> Iterator[tuple[str, MemoryApiGateway]]:
    """The URL of the control plane, and what it changes."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.api = MemoryApiGateway(RULES, pending_polls=0)  # type: ignore[attr-defined]
    server.api.page = page  # type: ignore[attr-defined]
    server.lock = threading.Lock()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", server.api  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    """Finds the operation of a request in botocore's description of the service."""

    def do_any(self) -> None:
        place = urlsplit(self.path)
        operation, members = _operation(self.command, place.path)
        members |= _named(operation.input_shape, dict(parse_qsl(place.query)))
        if length := int(self.headers.get("Content-Length", 0)):
            members |= _named(
                operation.input_shape, json.loads(self.rfile.read(length))
            )
        try:
            status, body = 200, self._answer(operation, members)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            body = {"message": error.response["Error"]["Message"]}
            self._kind = error.response["Error"]["Code"]
        self._write(status, body)

    do_DELETE = do_GET = do_PATCH = do_POST = do_PUT = do_any

    def _answer(self, operation: OperationModel, members: dict[str, Any]) -> Any:
        if operation.name == "CreateApi":
            members = {k: v for k, v in members.items() if k not in QUICK_CREATE}
        server: Any = self.server
        with server.lock:
            answer = getattr(server.api, xform_name(operation.name))(**members)
        return _spelled(operation.output_shape, answer)

    def _write(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        if status != 200:
            self.send_header("X-Amzn-Errortype", self._kind)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def _operations() -> Iterator[tuple[str, "re.Pattern[str]", OperationModel]]:
    model = botocore.session.get_session().get_service_model("apigatewayv2")
    for name in model.operation_names:
        operation = model.operation_model(name)
        path = operation.http["requestUri"].replace("-", "")
        pattern = re.sub(r"\{(\w+)\+?\}", r"(?P<\1>[^/]+)", path)
        yield operation.http["method"], re.compile(pattern), operation


_OPERATIONS = list(_operations())


def _operation(method: str, path: str) -> tuple[OperationModel, dict[str, Any]]:
    for verb, pattern, operation in _OPERATIONS:
        if verb == method and (found := pattern.fullmatch(path)):
            values = {name: unquote(text) for name, text in found.groupdict().items()}
            return operation, _named(operation.input_shape, values)
    raise AssertionError(f"apigatewayv2 has no operation {method} {path}")


def _members(shape: Shape | None) -> dict[str, Shape]:
    return dict(shape.members) if isinstance(shape, StructureShape) else {}


def _wire_name(name: str, shape: Shape) -> str:
    """Python takes no hyphen in the name of a group of a pattern."""
    return str(shape.serialization.get("name", name)).replace("-", "")


def _named(shape: Shape | None, values: dict[str, Any]) -> dict[str, Any]:
    """What came by the names of the wire, by those of boto3."""
    known = {
        _wire_name(name, member): (name, member)
        for name, member in _members(shape).items()
    }
    return {
        known[key][0]: _converted(known[key][1], value, _named)
        for key, value in values.items()
        if key in known
    }


def _spelled(shape: Shape | None, values: dict[str, Any]) -> dict[str, Any]:
    """The other way round."""
    members = _members(shape)
    return {
        _wire_name(name, members[name]): _converted(members[name], value, _spelled)
        for name, value in values.items()
        if name in members
    }


def _converted(shape: Shape, value: Any, convert: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if shape.type_name == "structure":
        return convert(shape, value)
    if shape.type_name == "list" and isinstance(value, str):  # of a query string
        return [value]
    if shape.type_name == "list":
        return [_converted(shape.member, each, convert) for each in value]  # type: ignore[attr-defined]
    if shape.type_name == "map" and shape.value.type_name == "structure":  # type: ignore[attr-defined]
        return {k: convert(shape.value, each) for k, each in value.items()}  # type: ignore[attr-defined]
    return value
