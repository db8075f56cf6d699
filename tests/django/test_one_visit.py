"""Under ASGI everything of a message of a `def` handler happens in one visit to the
thread of the request, also what reads the database while a payload is validated."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import get_ident
from typing import Annotated, Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.core.cache import cache
from django.core.handlers.asgi import ASGIHandler
from django.test import override_settings
from django.utils.decorators import async_only_middleware
from pydantic import AfterValidator

from tests.django.entry_points import ENTRY_POINTS, DjangoAsgi, FastAsgi
from tests.django.events import Gateway, serving
from wsrouter import Connection, Router, asgi
from wsrouter.endpoint import request_thread

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("shared_database")]
router = Router()
threads: list[int] = []
loops: list[int] = []
HERE = "tests.django.test_one_visit."


def stored(name: str) -> Any:
    threads.append(get_ident())
    return Group.objects.get(name=name)


def is_ada(connection: Connection) -> bool:
    threads.append(get_ident())
    return str(connection.user) == "ada"


StoredGroup = Annotated[Any, AfterValidator(stored)]
GUARDED: dict[str, Any] = {
    "permissions": [is_ada, "auth.view_user"],
    "throttle": "1000/m per user",
}


@router.route("all", **GUARDED)
def everything(payload: StoredGroup, connection: Connection) -> list[str]:
    threads.append(get_ident())
    return Group.objects.filter(pk=payload.pk).values_list("name", flat=True)  # type: ignore[return-value]


@router.route("aall", **GUARDED)
async def aeverything(payload: StoredGroup, connection: Connection) -> str:
    return f"{payload.name} {connection.user}"


@router.route("open")
def without_connection(payload: StoredGroup) -> str:
    return str(payload.name)


@router.route("aopen")
async def awithout_connection(payload: StoredGroup) -> str:
    return str(payload.name)


@router.route("plain")
async def plain(payload: str) -> str:
    return payload


@router.connect
def opened(connection: Connection) -> None:
    threads.append(get_ident())


@router.disconnect
def closed(connection: Connection) -> None:
    threads.append(get_ident())


ANSWERS = {
    "all": ["cats"],
    "aall": "cats ada",
    "open": "cats",
    "aopen": "cats",
    "plain": "cats",
}
VISITS = {"all": 1, "aall": 2, "open": 1, "aopen": 2, "plain": 0}
"""Django's end of a request is a second visit after an async handler."""


@pytest.fixture(autouse=True)
def _served(user: User) -> Iterator[None]:
    threads.clear()
    cache.clear()
    Group.objects.create(name="cats")
    user.user_permissions.add(Permission.objects.get(codename="view_user"))
    with serving(router):
        yield
    while request_thread._idle:
        request_thread._idle.pop().shutdown()


@pytest.fixture
def visits(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the threads of requests were given."""
    found: list[object] = []
    submit = ThreadPoolExecutor.submit

    def counted(self: Any, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        if self._thread_name_prefix == "wsrouter":
            found.append(function)
        return submit(self, function, *args, **kwargs)

    monkeypatch.setattr(ThreadPoolExecutor, "submit", counted)
    return found


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_a_message_of_every_kind(name: str, user: User) -> None:
    gateway = Gateway(http=ENTRY_POINTS[name]())  # type: ignore[arg-type]
    gateway.connect(user)
    found = {action: gateway.send(action, "cats") for action in ANSWERS}
    assert {action: f.get("payload", f) for action, f in found.items()} == ANSWERS


@pytest.mark.parametrize("action", VISITS)
@pytest.mark.parametrize("key", ["by its header", "by its body"])
def test_visits_to_the_thread(
    action: str, key: str, user: User, visits: list[object]
) -> None:
    gateway = Gateway(http=FastAsgi())  # type: ignore[arg-type]
    gateway.connect(user)
    gateway.send(action, "cats")
    threads.clear()
    visits.clear()
    body = f'{{"action": "{action}", "payload": "cats"}}'.encode()
    route_key = action if key == "by its header" else "$default"
    answer = gateway.text(route_key, body)
    assert b'"type":"reply"' in answer.content
    assert len(visits) == VISITS[action], visits
    if action != "aopen":  # its validator is tried on the event loop first
        assert len(set(threads)) <= 1


def test_the_end_of_a_connection_is_one_visit(user: User, visits: list[object]) -> None:
    gateway = Gateway(http=FastAsgi())  # type: ignore[arg-type]
    gateway.connect(user)
    threads.clear()
    visits.clear()
    gateway.disconnect()
    assert len(threads) == 1
    assert len(visits) == 1


class Deployed(DjangoAsgi):
    def application(self) -> Any:
        return asgi.fast_path(ASGIHandler())


def noting(get_response: Any) -> Any:
    """A middleware of a project."""

    def middleware(request: Any) -> Any:
        threads.append(get_ident())
        return get_response(request)

    return middleware


@async_only_middleware
def anoting(get_response: Any) -> Any:
    async def middleware(request: Any) -> Any:
        loops.append(get_ident())
        return await get_response(request)

    return middleware


def test_a_handshake_is_one_visit(user: User, visits: list[object]) -> None:
    """Before and after it Django sends its signals there."""
    own = [HERE + "noting", *settings.MIDDLEWARE, HERE + "noting"]
    with override_settings(MIDDLEWARE=own):
        gateway = Gateway(http=Deployed())  # type: ignore[arg-type]
        assert gateway.connect(user).status_code == 200
        assert gateway.connect(user).status_code == 200
    assert len(threads) == 6
    assert len({*threads}) == 1
    assert len(visits) == 6
    assert gateway.send("all", "cats")["payload"] == ["cats"]


def test_a_handshake_through_an_async_middleware(user: User) -> None:
    loops.clear()
    own = [*settings.MIDDLEWARE, HERE + "anoting"]
    with override_settings(MIDDLEWARE=own):
        gateway = Gateway(http=Deployed())  # type: ignore[arg-type]
        assert gateway.connect(user).status_code == 200
    assert loops
    assert loops[0] not in threads
