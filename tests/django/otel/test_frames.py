"""The spans of events, through every entry point."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from tests.django.entry_points import ENTRY_POINTS, HTTP_ENTRY_POINTS
from tests.django.events import CONTEXT, Gateway, serving
from tests.django.group_routes import Socket
from tests.django.otel.recording import Recording, id_of, parent
from wsrouter import Connection, MessageError, Reject, Router
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.routing.flow import is_async
from wsrouter.testing.substitution import substituted

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("shared_database")]
router = Router()
said = router.event("said", str)
tracers: list[Any] = []


@router.connect
def opened(connection: Connection) -> None:
    if connection.source_ip == "203.0.113.66":
        raise Reject(403)
    connection.join("a-group")


@router.route("say")
def say(payload: str, connection: Connection) -> str:
    if payload == "no":
        raise MessageError("no_thanks", "a-message")
    if payload == "crash":
        raise LookupError("a-crash")
    with tracers[-1].start_as_current_span("of the handler"):
        said.send(payload, group="a-group")
    return payload


@router.route("asay")
async def asay(payload: str) -> str:
    with tracers[-1].start_as_current_span("of the async handler"):
        return payload


@pytest.fixture(params=ENTRY_POINTS.values(), ids=ENTRY_POINTS)
def gateway(request: pytest.FixtureRequest, recorded: Recording) -> Iterator[Gateway]:
    made = Gateway(http=request.param(raise_request_exception=False))
    memory, socket = MemoryTransport(), Socket()
    memory.opened(made.id, socket)
    tracers.append(recorded.tracer)
    with serving(router), substituted(transport=memory, secret=""):
        yield made
    tracers.pop()


def test_each_event_has_a_span(
    user: User, gateway: Gateway, recorded: Recording
) -> None:
    gateway.connect(user)
    gateway.send("asay", "hello")
    gateway.send("say", "no", id="1")
    gateway.send("say", "crash", id="2")
    gateway.send("made-up-by-a-client", "x", id="3")
    gateway.disconnect()
    Gateway(http=gateway.http).connect(sourceIp="203.0.113.66")
    found = [span for span in recorded.spans() if span.name.startswith("process")]
    assert {span.kind for span in found} == {SpanKind.CONSUMER}
    assert {span.parent for span in found} == {None}
    told = [
        (
            span.name,
            span.attributes and span.attributes["wsrouter.outcome"],
            span.attributes and span.attributes.get("error.type"),
            span.status.status_code is StatusCode.ERROR,
        )
        for span in found
    ]
    assert told == [
        ("process $connect", "accepted", None, False),
        ("process asay", "reply", None, False),
        ("process say", "error", "no_thanks", False),
        ("process say", "error", "internal_error", True),
        ("process $default", "error", "unknown_route", False),
        ("process $disconnect", "nothing", None, False),
        ("process $connect", "refused", "403", False),
    ]
    assert not trace.get_current_span().is_recording()


def test_the_attributes_of_a_message(gateway: Gateway, recorded: Recording) -> None:
    gateway.send("asay", "hello")
    assert dict(recorded.named("process asay").attributes or {}) == {
        "messaging.system": "aws_api_gateway_websocket",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "asay",
        "messaging.message.id": CONTEXT["messageId"],
        "messaging.message.body.size": 35,
        "wsrouter.gateway": "default",
        "wsrouter.connection.id": gateway.id,
        "wsrouter.request.id": CONTEXT["requestId"],
        "wsrouter.outcome": "reply",
    }


def test_a_handler_runs_inside_its_span(
    user: User, gateway: Gateway, recorded: Recording
) -> None:
    gateway.connect(user)
    gateway.send("say", "hello", id="1")
    gateway.send("asay", "hello")
    handled = recorded.named("process say"), recorded.named("process asay")
    inside = recorded.named("of the handler"), recorded.named("of the async handler")
    assert [parent(span) for span in inside] == [id_of(span) for span in handled]


@pytest.mark.parametrize(
    "gateway", HTTP_ENTRY_POINTS.values(), ids=HTTP_ENTRY_POINTS, indirect=True
)
def test_a_span_of_the_server_is_the_parent(
    gateway: Gateway, recorded: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the instrumentation of a server makes one."""
    kind = type(gateway.http)
    original = kind.application  # type: ignore[attr-defined]

    def application(self: Any) -> Any:
        return within_a_span(original(self), recorded)

    monkeypatch.setattr(kind, "application", application)
    gateway.send("asay", "hello")
    assert parent(recorded.named("process asay")) == id_of(recorded.named("POST /ws/"))


def within_a_span(application: Any, recorded: Recording) -> Any:
    start_span = recorded.tracer.start_as_current_span

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        with start_span("POST /ws/"):
            await application(scope, receive, send)

    def wsgi(environ: Any, start_response: Any) -> Any:
        with start_span("POST /ws/"):
            return application(environ, start_response)

    return asgi if is_async(application) else wsgi


def test_nothing_private_is_recorded(
    user: User, gateway: Gateway, recorded: Recording
) -> None:
    user.username, user.email = "a-user-name", "an-address@example.org"
    user.save()
    client = {"Cookie": "c=a-cookie", "User-Agent": "an-agent"}
    gateway.connect(user, query="?ticket=a-ticket", client=client)
    gateway.send("say", "a-payload", id="an-id")
    gateway.send("say", "no", id="1")
    gateway.send("say", "crash", id="2")
    gateway.send("a-made-up-route", "x")
    gateway.text("a-route-key-of-nobody", b'{"action": "x"}')
    gateway.disconnect(disconnectReason="a-reason")
    text = recorded.everything()
    assert "of the handler" in text
    assert "post said" in text
    private = {"a-cookie", "an-agent", "a-ticket", "a-payload", "an-id", "a-message"}
    private |= {"a-crash", "a-made-up-route", "a-route-key-of-nobody", "a-reason"}
    private |= {"a-group", user.username, user.email, CONTEXT["sourceIp"]}
    private |= {CONTEXT["userAgent"], "0123456789abcdef0123456789abcdef"}
    assert [word for word in private if word in text] == []
