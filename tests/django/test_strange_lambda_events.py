"""`wsrouter.awslambda` with events of others, forged ones and garbage: they are refused
or handed on, without a traceback."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.django.events import new_id, serving
from tests.django.lambda_events import API_ID, event
from wsrouter import Router, awslambda
from wsrouter.auth import security_log
from wsrouter.models import OpenConnection

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("shared_database")]
router = Router()


@router.route("loop")
async def loop() -> str:
    return "kept"


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    security_log.reset()
    with serving(router, SECRET=""):
        yield


def handled(*arguments: Any, **more: Any) -> Any:
    return awslambda.handler(event(*arguments, **more), None)


OTHERS: dict[str, Any] = {
    "of an HTTP API": {
        "version": "2.0",
        "rawPath": "/",
        "requestContext": {"http": {}},
    },
    "of a REST API": {
        "httpMethod": "GET",
        "requestContext": {"eventType": "CONNECT"},
    },
    "of an authorizer": {
        **event("CONNECT", "HJ1_Zv-authorizer="),
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:eu-west-1:1:abc/production/$connect",
    },
    "of a function URL": {
        "version": "2.0",
        "rawPath": "/ws/",
        "requestContext": {"eventType": "MESSAGE", "apiId": API_ID},
    },
    "of a load balancer": {"httpMethod": "POST", "requestContext": {"elb": {}}},
    "of a queue": {"Records": []},
    "of a schedule": {"source": "aws.events", "detail": {}},
    "without a context": {"body": "{}"},
    "an odd context": {"requestContext": ["eventType"]},
    "an odd type": {"requestContext": {"eventType": ["CONNECT"]}},
    "another type": {"requestContext": {"eventType": "PING", "apiId": API_ID}},
    "None": None,
    "text": "CONNECT",
    "a list": [],
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=list(OTHERS))
def test_other_events(other: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert awslambda.handler(other, None)["statusCode"] == 400
    assert not [record for record in caplog.records if record.exc_info]
    both = awslambda.handler_for(lambda *given: given)
    assert both(other, "context") == (other, "context")


FOREIGN = {
    "another API": {"apiId": "other00000"},
    "no API": {"apiId": None},
    "an odd API": {"apiId": {"a": 1}},
}


@pytest.mark.parametrize("context", FOREIGN.values(), ids=list(FOREIGN))
@pytest.mark.parametrize("kind", ["CONNECT", "MESSAGE", "DISCONNECT"])
def test_events_of_another_api(
    kind: str, context: Any, caplog: pytest.LogCaptureFixture
) -> None:
    answer = handled(kind, new_id(), "{}", context=context)
    assert (answer["statusCode"], answer["body"]) == (403, "")
    assert "has this API_ID; they have abc123defg." in caplog.text
    assert not OpenConnection.objects.exists()


def test_before_the_id_of_the_api_is_set(caplog: pytest.LogCaptureFixture) -> None:
    with serving(router, SECRET="", API_ID=""):
        assert handled("CONNECT", new_id())["statusCode"] == 403
    assert "of the API 'abc123defg' was refused" in caplog.text
    assert "or WSROUTER_API_ID in the environment of the function" in caplog.text


FORGED: dict[str, Any] = {
    "no connection": {"connectionId": None},
    "two connections": {"connectionId": "a,b"},
    "a line break": {"connectionId": "a\r\nX-Wsrouter-Secret: x"},
    "a number": {"connectionId": 7.5},
    "an object": {"connectionId": {"a": [1]}},
    "an odd time": {"connectedAt": "yesterday"},
    "a lone surrogate": {"requestId": "\ud800"},
    "no route": {"routeKey": None},
    "a route of an object": {"routeKey": {"$default": 1}},
    "a long route": {"routeKey": "x" * 100_000},
    "an identity that is a list": {"identity": ["203.0.113.9"]},
    "no identity": {"identity": None},
    "an address that is none": {"identity": {"sourceIp": "x\r\ny"}},
    "an authorizer that is a text": {"authorizer": "root"},
    "a huge number": {"connectedAt": 10**400},
    "no number": {"connectedAt": float("nan")},
}


@pytest.mark.parametrize("context", FORGED.values(), ids=list(FORGED))
def test_a_context_that_cannot_be(
    context: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer is that of the endpoint to such headers."""
    body = '{"action": "loop", "id": 1}'
    answer = awslambda.handler(event("MESSAGE", new_id(), body, context=context), None)
    assert answer["statusCode"] in (200, 400)
    assert "Traceback" not in answer["body"]
    assert not [record for record in caplog.records if record.exc_info]
    assert not OpenConnection.objects.exists()


@pytest.mark.parametrize("body", [None, 7, {"action": "loop"}, [], "", "\ud800", "{"])
def test_a_body_that_cannot_be(body: Any, caplog: pytest.LogCaptureFixture) -> None:
    found = event("MESSAGE", new_id())
    answer = awslambda.handler({**found, "body": body}, None)
    assert json.loads(answer["body"])["error"]["code"] == "malformed_frame"
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("name", list(event("MESSAGE", "x")["requestContext"]))
@pytest.mark.parametrize("kind", ["CONNECT", "MESSAGE", "DISCONNECT"])
def test_a_member_that_is_missing(
    kind: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    found = event(kind, new_id(), '{"action": "loop", "id": 1}')
    found["requestContext"].pop(name, None)
    answer = awslambda.handler(found, None)
    assert answer["statusCode"] in (200, 400, 403)
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("member", ["headers", "multiValueHeaders"])
@pytest.mark.parametrize("odd", [7, [], {"Cookie": 7}, {"Cookie": [None]}, {"ä": "x"}])
def test_odd_members_of_a_handshake(member: str, odd: Any) -> None:
    more = {member: odd, "queryStringParameters": odd, "stageVariables": odd}
    assert handled("CONNECT", new_id(), **more)["statusCode"] == 200
