"""Five ways to the same answer: Django's two handlers, the two fast paths, and AWS
Lambda. Each is used as Django's test Client is."""

import base64
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import Client

from wsrouter import asgi, awslambda, wsgi
from wsrouter.wire.mapping import HEADERS


class EntryPoint:
    """Sends raw requests to an application. Repeated headers come as lists."""

    def __init__(self, **_: Any) -> None:
        self.cookies = ""

    def force_login(self, user: Any) -> None:
        client = Client()
        client.force_login(user)
        self.cookies = client.cookies.output(header="", sep=";").strip()

    def post(
        self,
        path: str,
        *,
        data: bytes,
        headers: Mapping[str, Any],
        content_type: str = "application/json",
        method: str = "POST",
    ) -> HttpResponse:
        sent = {"Host": "testserver", **headers, "Content-Type": content_type}
        sent |= {"Content-Length": str(len(data))}
        sent |= {"Cookie": self.cookies} if self.cookies else {}
        listed = [
            (name, each)
            for name, value in sent.items()
            for each in (value if isinstance(value, list) else [value])
        ]
        path, _, query = path.partition("?")
        return self.request_raw(method, path, query, listed, data)

    def request_raw(
        self, method: str, path: str, query: str, headers: Any, body: bytes
    ) -> HttpResponse:
        raise NotImplementedError


class DjangoWsgi(EntryPoint):
    def application(self) -> Any:
        return WSGIHandler()

    def request_raw(
        self, method: str, path: str, query: str, headers: Any, body: bytes
    ) -> HttpResponse:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": BytesIO(),
        }
        for name, value in headers:
            key = name.upper().replace("-", "_")
            key = key if key.startswith("CONTENT_") else f"HTTP_{key}"
            environ[key] = f"{environ[key]},{value}" if key in environ else value
        start: list[Any] = []
        given = self.application()(environ, lambda *all_of_it: start.extend(all_of_it))
        content = b"".join(given)
        getattr(given, "close", lambda: None)()
        status, sent = int(start[0].split()[0]), dict(start[1])
        return HttpResponse(content, status=status, headers=sent)


class DjangoAsgi(EntryPoint):
    def application(self) -> Any:
        return ASGIHandler()

    def request_raw(
        self, method: str, path: str, query: str, headers: Any, body: bytes
    ) -> HttpResponse:
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": path,
            "query_string": query.encode() if isinstance(query, str) else query,
            "headers": [
                (name.lower().encode(), value.encode("latin1"))
                for name, value in headers
            ],
        }
        return async_to_sync(self._talk)(scope, body)

    async def _talk(self, scope: Any, body: bytes) -> HttpResponse:
        handler = ApplicationCommunicator(self.application(), scope)
        half = len(body) // 2
        for part, more in ((body[:half], True), (body[half:], False)):
            message = {"type": "http.request", "body": part, "more_body": more}
            await handler.send_input(message)
        start = await handler.receive_output(30)
        content, more = b"", True
        while more:
            message = await handler.receive_output(30)
            content += message.get("body", b"")
            more = message.get("more_body", False)
        await handler.wait(30)
        sent = {name.decode(): value.decode() for name, value in start["headers"]}
        return HttpResponse(content, status=start["status"], headers=sent)


class FastWsgi(DjangoWsgi):
    def application(self) -> Any:
        django = WSGIHandler()
        respond = django.get_response

        def counted(request: HttpRequest) -> Any:
            to_django.append(request.path)
            return respond(request)

        django.get_response = counted  # type: ignore[method-assign]
        return wsgi.fast_path(django)


class FastAsgi(DjangoAsgi):
    def application(self) -> Any:
        front = asgi.fast_path(ASGIHandler())
        for django in (front.application, front._handshakes):
            _count(django)
        return front


def _count(django: ASGIHandler) -> None:
    respond = django.get_response_async

    async def counted(request: HttpRequest) -> Any:
        to_django.append(request.path)
        return await respond(request)

    django.get_response_async = counted  # type: ignore[method-assign]


class Lambda(EntryPoint):
    """Gets the event in which AWS_PROXY has what the request has. API Gateway posts
    nothing else: what is no event of its own has no such way."""

    def request_raw(
        self, method: str, path: str, query: str, headers: Any, body: bytes
    ) -> HttpResponse:
        event = lambda_event_of(query, headers, body)
        answered = awslambda.handler(event, None)
        assert set(answered) == {"statusCode", "headers", "body"}
        return HttpResponse(
            answered["body"], status=answered["statusCode"], headers=answered["headers"]
        )


def lambda_event_of(query: str, headers: Any, body: bytes) -> dict[str, Any]:
    """The event whose mapped headers are these."""
    given = {name.lower(): value for name, value in headers}
    context: dict[str, Any] = {}
    for header in HEADERS.values():
        value = given.get(f"x-wsrouter-{header.name.lower()}")
        if value is not None and header.source.startswith("context."):
            *path, name = header.source.removeprefix("context.").split(".")
            place = context
            for step in path:
                place = place.setdefault(step, {})
            place[name] = value
    if "x-wsrouter-principal-id" in given:
        principal = given["x-wsrouter-principal-id"]
        context["authorizer"] = {"principalId": principal}
    sent = [pair for pair in headers if not pair[0].lower().startswith("x-wsrouter-")]
    event: dict[str, Any] = {"requestContext": context, "isBase64Encoded": False}
    if context.get("eventType") == "CONNECT":
        event["headers"] = dict(sent)
        event["multiValueHeaders"] = {name: [value] for name, value in sent}
        parameters = parse_qs(query, keep_blank_values=True)
        event["multiValueQueryStringParameters"] = parameters or None
    if body:
        event["body"] = base64.b64encode(body).decode()
        event["isBase64Encoded"] = True
    return event


to_django: list[str] = []
"""The paths that a fast path did not take."""
FAST_PATHS = {"front-wsgi": FastWsgi, "front-asgi": FastAsgi}
HTTP_ENTRY_POINTS = {
    "view-wsgi": DjangoWsgi,
    "view-asgi": DjangoAsgi,
    **FAST_PATHS,
}
"""Those that requests without the secret, or with forged headers, can reach."""
ENTRY_POINTS = {**HTTP_ENTRY_POINTS, "lambda": Lambda}
