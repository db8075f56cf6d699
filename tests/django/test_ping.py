"""`wsrouter.ping`, which every gateway answers without a declaration."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from tests.django.entry_points import ENTRY_POINTS, EntryPoint
from tests.django.events import Gateway, answered, error_of, serving
from wsrouter import Frame, MessageError, Router
from wsrouter.routing.outcome import Outcome
from wsrouter.testing import WebSocketClient

pytestmark = pytest.mark.django_db
PING = b'{"action": "wsrouter.ping", "id": "7"}'
PONG = {"type": "reply", "action": "wsrouter.ping", "id": "7", "payload": {}}
router = Router()


@router.default
def anything(text: str) -> str:
    return text


@pytest.mark.parametrize("entry_point", ENTRY_POINTS.values(), ids=ENTRY_POINTS)
@pytest.mark.parametrize("envelope", ["nested", "flat"])
def test_the_answer(entry_point: type[EntryPoint], envelope: str) -> None:
    with serving(router, ENVELOPE=envelope):
        gateway = Gateway(http=entry_point())  # type: ignore[arg-type]
        assert answered(gateway.text("$default", PING)) == PONG
        assert answered(gateway.text("wsrouter.ping", PING)) == PONG
        without_id = answered(gateway.text("$default", PING.replace(b"id", b"no")))
        assert without_id == {key: PONG[key] for key in ("type", "action", "payload")}


def test_it_needs_no_query_and_no_row(user: User) -> None:
    with serving(Router(login_required=True)):
        gateway = Gateway()
        with CaptureQueriesContext(database) as queries:
            assert answered(gateway.text("$default", PING)) == PONG
    assert not queries.captured_queries


def test_a_wrong_id_is_an_error() -> None:
    with serving(router):
        frame = answered(
            Gateway().text("$default", '{"action":"wsrouter.ping","id":[]}')
        )
    assert error_of(frame)["code"] == "malformed_frame"


@pytest.mark.parametrize("is_async", [False, True])
def test_middleware_of_the_root_router_is_around_it(is_async: bool) -> None:
    root, seen = Router(), list[str]()

    def note(frame: Frame, call_next: Callable[[Frame], Outcome]) -> Outcome:
        seen.append(frame.route_key)
        return call_next(frame)

    async def anote(frame: Frame, call_next: Any) -> Outcome:
        seen.append(frame.route_key)
        result: Outcome = await call_next(frame)
        return result

    root.middleware(anote if is_async else note)
    with serving(root):
        assert answered(Gateway().text("$default", PING)) == PONG
    assert seen == ["$default"]


def test_middleware_may_refuse_it() -> None:
    root = Router()

    @root.middleware
    def closed(frame: Frame, call_next: Any) -> Outcome:
        raise MessageError("closed", retry=True)

    with serving(root):
        assert error_of(answered(Gateway().text("$default", PING)))["code"] == "closed"


def test_the_test_client() -> None:
    with serving(router, ENVELOPE="flat"), WebSocketClient() as client:
        assert client.call("wsrouter.ping") == {}


def test_it_is_no_route_of_the_project() -> None:
    with serving(Router()):
        frame = answered(Gateway().text("$default", '{"action": "wsrouter.pin"}'))
    assert "Did you mean" not in error_of(frame)["message"]
