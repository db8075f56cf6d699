"""What the document says is what the endpoint does: payloads of its schemas are
accepted, and replies, events and errors match theirs."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.django.events import serving
from tests.documents.true_routes import KINDS, NOT_OBJECTS, echoing, failing
from tests.documents.values import ValuesOf
from wsrouter import Router
from wsrouter.models import OpenConnection
from wsrouter.testing import WebSocketClient
from wsrouter.wiring.documents import asyncapi_document

pytestmark = pytest.mark.django_db(transaction=False)
EACH = [
    *((name, "nested") for name in (*KINDS, *NOT_OBJECTS)),
    *((name, "flat") for name in KINDS),
]


class Documented:
    """The document of the gateway that is served, and a client of it."""

    def __init__(self, client: WebSocketClient) -> None:
        self.client = client
        self.document = asyncapi_document()
        self.components = self.document["components"]

    def frame(self, message: str) -> dict[str, Any]:
        """The schema of a message by its id."""
        found = self.document["channels"]["socket"]["messages"][message]["payload"]
        return {"components": self.components, "allOf": [found]}

    def values(self, message: str) -> st.SearchStrategy[Any]:
        (schema,) = self.frame(message)["allOf"]
        return ValuesOf(self.components["schemas"])(schema)

    def check(self, message: str, frame: Any) -> None:
        schema = self.frame(message)
        Draft202012Validator.check_schema(schema)
        Draft202012Validator(schema).validate(frame)

    def error(self, key: str, text: str, *, is_open: bool = False) -> str:
        """Send a text; the code of the error. The document allows it and, unless it
        `is_open`, no other."""
        self.client.send_text(text)
        frame = self.client.receive("error")
        self.check(f"error.{key}", frame)
        code = frame["error"]["code"]
        schema = self.frame(f"error.{key}")
        changed = {**frame, "error": {**frame["error"], "code": f"{code}?"}}
        assert Draft202012Validator(schema).is_valid(changed) is is_open
        return str(code)


@contextmanager
def documented(
    router: Router, envelope: str = "nested", **options: Any
) -> Iterator[Documented]:
    with (
        serving(router, ENVELOPE=envelope),
        WebSocketClient(**options) as client,
    ):
        yield Documented(client)


@pytest.mark.parametrize(("name", "envelope"), EACH)
def test_payloads_are_accepted_and_answers_match(name: str, envelope: str) -> None:
    kinds = KINDS if envelope == "flat" else {**KINDS, **NOT_OBJECTS}
    with documented(echoing({name: kinds[name]}), envelope) as served:

        @settings(
            max_examples=int(os.environ.get("WSROUTER_DOCUMENT_EXAMPLES", "12")),
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(message=served.values(f"message.{name}"))
        def answered(message: Any) -> None:
            served.client.send_text(json.dumps({**message, "id": "1"}))
            reply = served.client.receive()
            assert reply["type"] == "reply", reply
            event = served.client.receive()
            served.check(f"reply.{name}", reply)
            served.check(f"event.{name}.told", event)

        answered()


@pytest.mark.parametrize("envelope", ["nested", "flat"])
def test_groups_that_clients_join(envelope: str) -> None:
    router = Router()
    router.group("hall:{name}", client_may_join=True)(anybody)
    router.group("row.{number}", client_may_join=True)(any_number)
    router.group("shelf:{colour}", client_may_join=True)(any_colour)
    with documented(router, envelope) as served:
        for groups in (["hall:a b", "row.-7"], ["row.0"], ["shelf:red"]):
            for action in ("wsrouter.join", "wsrouter.leave"):
                given = {"action": action, "id": "7", "groups": groups}
                if envelope == "nested":
                    given = {"action": action, "id": "7", "payload": {"groups": groups}}
                served.check(f"message.{action}", given)
                served.client.send_text(json.dumps(given))
                served.check(f"reply.{action}", served.client.receive("reply"))
        schema = Draft202012Validator(served.frame("message.wsrouter.join"))
        for name in ("hall:", "hall:a:b", "row-1", "row.01", "row.x", "shelf:blue"):
            wrong = {"action": "wsrouter.join", "groups": [name]}
            assert not schema.is_valid({**wrong, "payload": {"groups": [name]}})
            served.client.send("wsrouter.join", {"groups": [name]}, id=1)
            served.check("error.wsrouter.join", served.client.receive("error"))
            served.client.send("wsrouter.leave", {"groups": ["x"]}, id=1)
            served.check("error.wsrouter.leave", served.client.receive("error"))


def anybody(name: str) -> bool:
    return True


def any_number(number: int) -> bool:
    return True


def any_colour(colour: Literal["red", "green"]) -> bool:
    return True


def nested(action: str, **members: Any) -> str:
    return json.dumps({"action": action, "id": "7", **members})


def test_errors_match() -> None:
    ada = User.objects.create_user("ada")
    with documented(failing(), user=ada, raise_exceptions=False) as served:
        error = served.error
        for code in ("sold_out", "not_found", "limit"):
            assert error("sold_out", nested("sold_out", payload=code)) == code
        assert (
            error("sold_out", nested("sold_out", payload="crash")) == "internal_error"
        )
        assert error("sold_out", nested("sold_out", payload=7)) == "invalid_payload"
        assert error("sold_out", nested("sold_out")) == "invalid_payload"
        bad_id = json.dumps({"action": "sold_out", "id": [], "payload": "x"})
        assert error("sold_out", bad_id) == "malformed_frame"
        assert error("private", nested("private")) == "permission_denied"
        assert error("large", nested("large")) == "reply_too_large"
        assert error("free", nested("free"), is_open=True) == "anything"
        assert error("group", nested("group", payload="")) == "invalid_payload"
        served.client.send("slow")
        assert error("slow", nested("slow")) == "throttled"
        assert error("unrouted", nested("nothing")) == "unknown_route"
        assert error("unrouted", "{") == "malformed_frame"
        OpenConnection.objects.all().delete()
        assert error("private", nested("private")) == "connection_unknown"


def test_errors_of_login_match() -> None:
    with documented(failing()) as served:
        assert served.error("private", nested("private")) == "not_authenticated"
    ada = User.objects.create_user("ada")
    with documented(failing(), user=ada) as served:
        User.objects.filter(pk=ada.pk).update(is_active=False)
        assert served.error("private", nested("private")) == "not_authenticated"


def test_an_error_that_is_too_large_has_no_detail() -> None:
    with documented(failing()) as served:
        code = served.error("free", nested("free", payload=200_000), is_open=True)
    assert code == "anything"
