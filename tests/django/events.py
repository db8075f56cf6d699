"""Builds requests as API Gateway posts them, from the one list of mapped headers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any

from django.http import HttpResponse
from django.test import Client, override_settings
from pydantic_core import from_json, to_json

from wsrouter import Router
from wsrouter.wire import mapping

SECRET = "0123456789abcdef0123456789abcdef"
URL = "/ws/"
CONTEXT = {
    "connectedAt": "1764230400123",
    "messageId": "HJ1ZVcUVPHcCJAw=",
    "requestId": "HJ1ZVHX0vHcFtRQ=",
    "apiId": "abc123defg",
    "stage": "production",
    "domainName": "abc123defg.execute-api.eu-west-1.amazonaws.com",
    "sourceIp": "203.0.113.9",
    "userAgent": "Mozilla/5.0 (X11; Linux), like Gecko",
}
_numbers = count()
served: Router | None = None


def new_id() -> str:
    """A connection id such as API Gateway makes."""
    return f"HJ1_Zv-{next(_numbers):08d}="


@contextmanager
def serving(router: Router, **options: Any) -> Iterator[None]:
    """The gateway `default` has this router and these settings, and `SECRET`."""
    global served
    before, served = served, router
    entry = {"SECRET": SECRET, "ROUTER": "tests.django.events.served"}
    entry |= {"API_ID": CONTEXT["apiId"]}
    try:
        with override_settings(WSROUTER={"default": entry | options}):
            yield
    finally:
        served = before


def headers(
    event_type: str,
    route_key: str = "",
    *,
    connection_id: str,
    alias: str = "default",
    secret: str = SECRET,
    extra: Mapping[str, str] | None = None,
    **context: str,
) -> dict[str, str]:
    """What `mapping` makes of an event's context; a null is no header."""
    keys = {"CONNECT": "$connect", "DISCONNECT": "$disconnect"}
    known = {
        "eventType": event_type,
        "routeKey": route_key or keys.get(event_type, ""),
        "connectionId": connection_id,
        **CONTEXT,
        **context,
    }
    if event_type != "MESSAGE":
        del known["messageId"]
    parameters = mapping.request_parameters(alias=alias, secret=secret, extra=extra)
    found = {
        target.removeprefix(mapping.TARGET): _value(source, known)
        for target, source in parameters.items()
    }
    return {name: value for name, value in found.items() if value}


def _value(source: str, context: Mapping[str, str]) -> str:
    if source.startswith("'"):
        return source.strip("'")
    return context.get(source.removeprefix("context.").removeprefix("identity."), "")


class Gateway:
    """API Gateway in front of one connection."""

    def __init__(
        self, connection_id: str = "", *, http: Client | None = None, **mapped: Any
    ) -> None:
        self.id = connection_id or new_id()
        self.http = http or Client(raise_request_exception=False)
        self._mapped = mapped

    def post(
        self, event_type: str, route_key: str = "", body: Any = b"", **more: Any
    ) -> HttpResponse:
        query = more.pop("query", "")
        client = more.pop("client", {})
        mapped = self._mapped | {"connection_id": self.id} | more
        return self.http.post(  # type: ignore[return-value]
            URL + query,
            data=body,
            content_type="application/json",
            headers={**client, **headers(event_type, route_key, **mapped)},
        )

    def connect(self, user: Any = None, **more: Any) -> HttpResponse:
        """The user's cookies are there at `$connect` only, as in a browser."""
        before = self.http
        if user is not None:
            self.http = type(before)(raise_request_exception=False)
            self.http.force_login(user)
        try:
            return self.post("CONNECT", **more)
        finally:
            self.http = before

    def text(self, route_key: str, body: Any = b"{}", **more: Any) -> HttpResponse:
        return self.post("MESSAGE", route_key, body, **more)

    def send(self, action: str, payload: Any = ..., **members: Any) -> Any:
        """A message in the nested envelope, and the frame that it is answered with."""
        frame = {"action": action, **members}
        if payload is not ...:
            frame["payload"] = payload
        return answered(self.text(action, to_json(frame)))

    def disconnect(self, **more: Any) -> HttpResponse:
        return self.post("DISCONNECT", **more)


def answered(response: HttpResponse) -> Any:
    assert response.status_code == 200, response.content
    return from_json(response.content) if response.content else None


def error_of(frame: Any) -> Any:
    assert frame["type"] == "error"
    return frame["error"]
