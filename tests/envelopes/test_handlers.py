"""The same handlers, in the library's envelopes and in those that the documentation
shows."""

import json
from typing import Any

import pytest
from django.test import override_settings

from tests.django.events import Gateway, serving
from tests.envelopes import routes
from tests.envelopes.conftest import DIALECTS, Answer, Dialect
from wsrouter import Raw, Router
from wsrouter.testing import WebSocketClient

pytestmark = pytest.mark.database
ORDER = {"order_id": 7, "note": ""}
ID = "a7"


def told(client: WebSocketClient, dialect: Dialect) -> list[Answer]:
    found = [dialect.read(frame) for frame in client.frames]
    while client.frames:
        client.receive()
    return found


def asked(
    client: WebSocketClient, dialect: Dialect, action: str, *payload: Any
) -> Answer:
    client.send(action, *payload, id=ID)
    [answer] = told(client, dialect)
    if answer.kind in ("reply", "error") and dialect.has_ids:
        assert answer.id == ID
    return answer


@pytest.mark.parametrize("route", ["orders.watch", "orders.awatch"])
def test_a_typed_reply(route: str, client: WebSocketClient, dialect: Dialect) -> None:
    answer = asked(client, dialect, route, {"order_id": "7"})
    assert (answer.kind, answer.content) == ("reply", ORDER)


@pytest.mark.parametrize("payload", [{"order_id": "x"}, {"order_id": 7, "more": 1}])
def test_a_payload_that_does_not_fit(
    payload: Any, client: WebSocketClient, dialect: Dialect
) -> None:
    answer = asked(client, dialect, "orders.watch", payload)
    assert (answer.kind, answer.content) == ("error", "invalid_payload")


def test_no_payload_where_one_is_needed(
    client: WebSocketClient, dialect: Dialect
) -> None:
    answer = asked(client, dialect, "orders.watch")
    assert (answer.kind, answer.content) == ("error", "invalid_payload")


@pytest.mark.parametrize("payload", [(), ({"order_id": 7},)])
def test_an_optional_payload(
    payload: Any, client: WebSocketClient, dialect: Dialect
) -> None:
    if dialect.setting.endswith("OcppEnvelope") and not payload:
        pytest.skip("A CALL always has a payload.")
    answer = asked(client, dialect, "orders.optional", *payload)
    assert answer.content == {"given": bool(payload)}


def test_a_handler_without_payload(client: WebSocketClient, dialect: Dialect) -> None:
    assert asked(client, dialect, "orders.count").content == {"count": 2}


def test_the_id_of_a_message(client: WebSocketClient, dialect: Dialect) -> None:
    content = asked(client, dialect, "orders.id").content
    assert content == {"id": ID if dialect.has_ids else None, "key": "orders.id"}


def test_a_handler_that_returns_nothing(
    client: WebSocketClient, dialect: Dialect
) -> None:
    if not dialect.has_ids:
        client.send("silent")
        assert client.frames == []
        return
    answer = asked(client, dialect, "silent")
    assert (answer.kind, answer.content) == ("reply", None)


ERRORS = {
    "limited": "limit",
    "staff": "not_authenticated",
    "crash": "internal_error",
    "large": "reply_too_large",
    "no.such": "unknown_route",
}


@pytest.mark.parametrize(("route", "code"), ERRORS.items(), ids=list(ERRORS))
def test_errors(
    route: str, code: str, client: WebSocketClient, dialect: Dialect
) -> None:
    answer = asked(client, dialect, route)
    assert (answer.kind, answer.content) == ("error", code)


@pytest.mark.usefixtures("one_window")
def test_a_throttle(client: WebSocketClient, dialect: Dialect) -> None:
    kinds = [asked(client, dialect, "busy", ORDER).content for _ in range(2)]
    assert kinds == [ORDER, "throttled"]


@pytest.mark.parametrize("text", ["{", "7", "[]", "[1, 2]", '"x"', "{}", "\0", ""])
def test_garbage(text: str, client: WebSocketClient, dialect: Dialect) -> None:
    """With a default handler it gets what no route is found for."""
    client.send_text(text)
    [answer] = told(client, dialect)
    assert (answer.kind, answer.content) == ("error", "unknown_route")


def test_garbage_for_a_route(dialect: Dialect, db: None) -> None:
    answered = Gateway().text("orders.awatch", b"{")
    assert answered.status_code == 200
    answer = dialect.read(json.loads(answered.content))
    assert (answer.kind, answer.content) == ("error", "malformed_frame")


def test_a_frame_that_is_nested_too_deeply(dialect: Dialect, db: None) -> None:
    body = b"[" * 100 + b"]" * 100
    answered = Gateway().text("orders.awatch", body)
    answer = dialect.read(json.loads(answered.content))
    assert (answer.kind, answer.content) == ("error", "malformed_frame")


def test_an_event_after_the_reply(client: WebSocketClient, dialect: Dialect) -> None:
    client.send("tell", ORDER, id=ID)
    assert [each.kind for each in told(client, dialect)] == ["reply", "event"]


def test_an_event_to_a_group(client: WebSocketClient, dialect: Dialect) -> None:
    client.call("orders.watch", ORDER)
    delivery = routes.news.send(routes.News(**routes.NEWS), group="orders", now=True)
    assert delivery.report is not None
    assert delivery.report.delivered == 1
    [answer] = told(client, dialect)
    assert (answer.kind, answer.content) == ("event", routes.NEWS)


def test_what_call_returns(client: WebSocketClient, dialect: Dialect) -> None:
    found: Any = client.call("orders.watch", ORDER)
    if dialect.setting in ("nested", "flat"):
        assert found == ORDER
    else:
        assert dialect.read(found).content == ORDER


def test_heartbeats(client: WebSocketClient) -> None:
    client.send_text("ping")
    assert client.receive() == "pong"  # type: ignore[comparison-overlap]
    client.send("pong", id=ID)
    assert client.receive() == "pong"  # type: ignore[comparison-overlap]


def test_posted_replies(dialect: Dialect, db: None) -> None:
    with (
        serving(routes.router, ENVELOPE=dialect.setting, REPLY_VIA="connection"),
        WebSocketClient() as client,
    ):
        assert asked(client, dialect, "orders.watch", ORDER).content == ORDER


def test_an_event_to_gateways_that_differ(db: None) -> None:
    with serving(routes.router) as _:
        from django.conf import settings

        entry = settings.WSROUTER["default"]
        other = entry | {
            "ENVELOPE": DIALECTS["json-rpc"].setting,
            "API_ID": "other12345",
        }
        with (
            override_settings(WSROUTER={"default": entry, "rpc": other}),
            WebSocketClient() as plain,
            WebSocketClient(gateway="rpc") as rpc,
        ):
            delivery = routes.news.send(
                routes.News(**routes.NEWS), everyone=True, now=True
            )
            assert delivery.report is not None
            assert delivery.report.delivered == 2
            assert plain.receive("news")["payload"] == routes.NEWS
            assert rpc.receive()["params"] == routes.NEWS


def test_json_rpc_notifications_are_not_answered(db: None) -> None:
    with (
        serving(routes.router, ENVELOPE=DIALECTS["json-rpc"].setting),
        WebSocketClient(raise_exceptions=False) as client,
    ):
        for route in ("orders.count", "no.such", "crash", "silent"):
            client.send(route)
        assert client.frames == []


def test_json_rpc_batches_are_refused(db: None) -> None:
    with serving(Router(), ENVELOPE=DIALECTS["json-rpc"].setting):
        batch = b'[{"jsonrpc": "2.0", "method": "orders.count", "id": 1}]'
        found = json.loads(Gateway().text("$default", batch).content)
    assert found["id"] is None
    assert found["error"]["code"] == -32600
    assert found["error"]["message"] == "Batches are not supported."


def test_a_raw_answer_that_is_not_declared(db: None) -> None:
    router = Router()

    @router.route("number")
    def number() -> int:
        return Raw("1")  # type: ignore[return-value]

    with serving(router):
        found = json.loads(Gateway().text("number", b'{"id": 1}').content)
    assert found["error"]["code"] == "internal_error"


def test_a_raw_answer_that_is_too_large(db: None) -> None:
    router = Router()

    @router.route("number")
    def number() -> Raw:
        return Raw("1" * 140_000)

    with serving(router):
        found = json.loads(Gateway().text("number", b'{"id": 1}').content)
    assert found["error"]["code"] == "reply_too_large"
