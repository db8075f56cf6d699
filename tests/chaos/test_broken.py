"""The broken copies still fit the product: each works but for the promise that it
breaks."""

import random
from collections.abc import Iterator

import pytest

from tests.chaos.site import broken
from tests.django.events import serving
from wsrouter import Connection, Router
from wsrouter.delivery.background import Background
from wsrouter.ops import reaper
from wsrouter.routing.group_rule import GroupRule
from wsrouter.testing import ErrorFrame, WebSocketClient, captured_events
from wsrouter.wire import encode

pytestmark = pytest.mark.django_db
PATCHED = (
    (encode, "_reply"),
    (Background, "_deliver"),
    (Background, "put"),
    (GroupRule, "admits"),
    (reaper, "reap"),
)
router = Router()
told = router.event("told", str)


@router.group("hall:{number}")
def may_enter(number: int) -> bool:
    return number == 1


@router.route("enter")
def enter(payload: int, connection: Connection) -> int:
    connection.join(f"hall:{payload}")
    return payload


@router.route("tell")
def tell(payload: str) -> str:
    told.send(payload, group="hall:1")
    return payload


@pytest.fixture(autouse=True)
def _undone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for owner, name in PATCHED:
        monkeypatch.setattr(owner, name, getattr(owner, name))
    with serving(router, BACKGROUND="celery", SEND_RECIPIENTS=1):
        yield


def chance(monkeypatch: pytest.MonkeyPatch, value: float) -> None:
    monkeypatch.setattr(random, "random", lambda: value)


@pytest.mark.parametrize("name", broken.NAMES)
def test_what_is_not_broken_works(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    chance(monkeypatch, 0.5)
    broken.apply(name)
    pages = [WebSocketClient().connect() for _ in range(3)]
    with captured_events():
        assert [page.call("enter", 1) for page in pages] == [1, 1, 1]
        assert pages[0].call("tell", "x") == "x"
    assert [page.receive("told")["payload"] for page in pages] == ["x"] * 3
    reaper.reap(checks=0, rate=1)


def test_what_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    chance(monkeypatch, 0.05)
    page = WebSocketClient().connect()
    with pytest.raises(ErrorFrame) as refused:
        page.call("enter", 2)
    assert refused.value.code == "permission_denied"
    for name in ("rule_not_asked", "events_to_everyone"):
        broken.apply(name)
    members, stranger = [WebSocketClient().connect() for _ in range(2)], page
    with captured_events():
        assert stranger.call("enter", 2) == 2
        assert [member.call("enter", 1) for member in members] == [1, 1]
        assert members[0].call("tell", "x") == "x"
    assert stranger.receive("told")["payload"] == "x"
    broken.apply("reply_swallowed")
    stranger.send("enter", 2, id="1")
    assert stranger.frames == []
