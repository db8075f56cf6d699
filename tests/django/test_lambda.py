"""`wsrouter.awslambda`, with events as the AWS_PROXY integration sends them."""

import asyncio
import base64
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import Client, override_settings

from tests.django.events import CONTEXT, new_id, serving
from tests.django.lambda_events import event
from wsrouter import Connection, Message, Router, awslambda
from wsrouter.auth import security_log
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.models import OpenConnection
from wsrouter.testing.substitution import substituted
from wsrouter.wiring import process_threads

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("shared_database")]
API_ID = CONTEXT["apiId"]
router = Router()
news = router.event("news", str)
loops: list[asyncio.AbstractEventLoop] = []
seen: list[dict[str, Any]] = []


@router.connect
def opened(connection: Connection, request: HttpRequest) -> None:
    connection.join("all")
    seen.append({**request.META, "GET": request.GET.dict(), "host": request.get_host()})


@router.route("double")
def double(payload: int, connection: Connection) -> int:
    return payload * 2


@router.route("loop")
async def loop() -> str:
    loops.append(asyncio.get_running_loop())
    return "kept"


@router.route("tenant")
def tenant(message: Message) -> dict[str, str]:
    return dict(message.headers)


@router.route("push")
def push(payload: str) -> str:
    news.send(payload, group="all")
    return payload


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    seen.clear()
    loops.clear()
    security_log.reset()
    with serving(router, SECRET=""):
        yield


def handled(*arguments: Any, **more: Any) -> Any:
    answer = awslambda.handler(event(*arguments, **more), None)
    assert json.loads(json.dumps(answer)) == answer
    return answer


def message(action: str, payload: Any = None, **more: Any) -> Any:
    body = json.dumps({"action": action, "id": 1, "payload": payload})
    answer = handled("MESSAGE", more.pop("id", None) or new_id(), body, **more)
    assert answer["statusCode"] == 200
    return json.loads(answer["body"])


def test_the_life_of_a_connection(user: User) -> None:
    browser, id_ = Client(), new_id()
    browser.force_login(user)
    cookies = browser.cookies.output(header="", sep=";").strip()
    headers = {"Cookie": cookies, "Host": "x", "Origin": "https://evil.example"}
    refused = handled("CONNECT", id_, headers=headers)
    assert (refused["statusCode"], refused["body"]) == (403, "")
    headers["Origin"] = f"https://{API_ID}.execute-api.eu-west-1.amazonaws.com"
    query = {"queryStringParameters": {"a": "b c&d"}}
    assert handled("CONNECT", id_, headers=headers, **query)["statusCode"] == 200
    row = OpenConnection.objects.get(connection_id=id_)
    assert (row.user, row.source_ip) == (user, "203.0.113.9")
    assert seen[0]["GET"] == {"a": "b c&d"}
    assert seen[0]["host"] == "testserver"
    answer = message("double", 4, id=id_)
    assert answer == {"type": "reply", "action": "double", "id": 1, "payload": 8}
    assert message("double", "x", id=id_)["error"]["code"] == "invalid_payload"
    ending = {"disconnectStatusCode": 1001, "disconnectReason": "Müde\r\n"}
    assert handled("DISCONNECT", id_, context=ending)["statusCode"] == 200
    assert not OpenConnection.objects.exists()


def test_headers_that_a_client_sends_are_not_the_gateways(user: User) -> None:
    mapped = {"Tenant-5d0f8b1e6c2a49f7a3c1d2e4": "context.authorizer.tenant"}
    forged = {
        "X-Wsrouter-Connection-Id": "HJ1_other=",
        "X_Wsrouter_Gateway": "other",
        "x-wsrouter-Tenant-5d0f8b1e6c2a49f7a3c1d2e4": "evil",
        "X-Own": "1",
    }
    with serving(router, HEADERS=mapped):
        assert handled("CONNECT", new_id(), headers=forged)["statusCode"] == 200
        context = {"authorizer": {"tenant": True, "principalId": "p"}}
        told = message("tenant", context=context)["payload"]
    assert not {"HJ1_other=", "other", "evil"} & set(map(str, seen[0].values()))
    assert seen[0]["HTTP_X_OWN"] == "1"
    assert told == {"Tenant-5d0f8b1e6c2a49f7a3c1d2e4": "true"}


def test_a_message_in_base64() -> None:
    body = base64.b64encode(b'{"action": "loop", "id": 1}').decode()
    answer = handled("MESSAGE", new_id(), body, isBase64Encoded=True)
    assert json.loads(answer["body"])["payload"] == "kept"
    answer = handled("MESSAGE", new_id(), "no Base64!", isBase64Encoded=True)
    assert (answer["statusCode"], answer["body"]) == (400, "")


def test_one_event_loop_is_kept() -> None:
    message("loop")
    message("loop")
    assert loops[0] is loops[1]
    assert not loops[0].is_closed()


def test_sends_are_made_before_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda freezes the process with its answer."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "shop")
    process_threads.outlives_answers.cache_clear()
    arrived: list[bytes] = []

    class Noting:
        def arrived(self, data: bytes) -> None:
            arrived.append(data)

        def closed_by_server(self) -> None: ...

    transport, socket, id_ = MemoryTransport(), Noting(), new_id()
    try:
        with substituted(transport=transport, secret=""):
            assert handled("CONNECT", id_)["statusCode"] == 200
            transport.opened(id_, socket)
            assert message("push", "tea", id=id_)["payload"] == "tea"
            assert [json.loads(data)["payload"] for data in arrived] == ["tea"]
    finally:
        monkeypatch.undo()
        process_threads.outlives_answers.cache_clear()


def test_a_mistake_in_the_settings(caplog: pytest.LogCaptureFixture) -> None:
    with serving(router, ENVELOPE="round"), caplog.at_level(logging.ERROR):
        answer = handled("MESSAGE", new_id(), "{}")
    assert (answer["statusCode"], answer["body"]) == (500, "")
    assert "ENVELOPE" in caplog.text


def test_no_request_over_http_gets_in() -> None:
    """The secret of the process is drawn by now, and nothing tells it."""
    message("loop")
    for name in ("X-Wsrouter-Secret", "X-Wsrouter-Gateway"):
        answer = Client().post("/ws/", headers={name: "default"})
        assert answer.status_code == 403
    with override_settings(DEBUG=True):
        assert b"X-Wsrouter-Secret" not in Client().get("/nowhere/").content
