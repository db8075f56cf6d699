"""Handshakes on the fast paths: answered as Django answers them, and by Django wherever
a project has more middleware than a new one."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.core.signals import request_finished, request_started
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.utils import timezone, translation

from tests.django.entry_points import (
    ENTRY_POINTS,
    FAST_PATHS,
    HTTP_ENTRY_POINTS,
    EntryPoint,
    to_django,
)
from tests.django.events import Gateway, headers, new_id, serving
from wsrouter import Accept, Connection, Reject, Router, asgi, wsgi
from wsrouter.models import OpenConnection

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("shared_database")]
MIDDLEWARE = list(settings.MIDDLEWARE)
router = Router()


@router.connect
def opened(connection: Connection, request: HttpRequest) -> Accept | None:
    wish = request.GET.get("wish", "")
    if wish == "refuse":
        raise Reject(403, "No.")
    if wish == "crash":
        raise RuntimeError("a detail")
    if wish == "remember":
        request.session["seen"] = connection.id
    if wish == "german":
        translation.activate("de")
    if wish == "protocol":
        return Accept(subprotocol="chat.v1")
    return None


@router.route("language")
def language() -> str:
    return translation.get_language()


@router.connect
async def opened_later(connection: Connection) -> None:
    await Group.objects.acreate(name=f"of {connection.user}")


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    to_django.clear()
    with serving(router):
        yield


@pytest.fixture(params=list(FAST_PATHS))
def front(request: pytest.FixtureRequest) -> EntryPoint:
    return FAST_PATHS[request.param]()


@pytest.fixture(params=list(ENTRY_POINTS))
def entry_point(request: pytest.FixtureRequest) -> EntryPoint:
    return ENTRY_POINTS[request.param]()


def shaken(
    entry_point: EntryPoint,
    user: User | None = None,
    *,
    wish: str = "",
    **sent: str,
) -> HttpResponse:
    """The answer to a handshake with these headers more."""
    Group.objects.all().delete()
    if user is not None:
        entry_point.force_login(user)
    mapped = headers("CONNECT", "$connect", connection_id=new_id())
    more = {name.replace("_", "-"): value for name, value in sent.items()}
    return entry_point.post(f"/ws/?wish={wish}", data=b"", headers=mapped | more)


def test_middleware_is_passed_by(front: EntryPoint, user: User) -> None:
    assert shaken(front, user).status_code == 200
    row = OpenConnection.objects.get()
    assert (row.user, Group.objects.get().name) == (user, "of ada")
    Gateway(row.connection_id, http=front).disconnect()  # type: ignore[arg-type]
    assert not OpenConnection.objects.exists()
    assert not to_django


def own_middleware(respond: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def called(request: HttpRequest) -> HttpResponse:
        if request.headers.get("X-Banned"):
            return HttpResponse(status=410)
        answer: HttpResponse = respond(request)
        return answer

    return called


class OwnSessionMiddleware:
    def __new__(cls, respond: Any) -> Any:
        from django.contrib.sessions.middleware import SessionMiddleware

        return SessionMiddleware(respond)


HERE = "tests.django.test_fast_handshakes."
TO_DJANGO: dict[str, tuple[dict[str, Any], int]] = {
    "a middleware more": ({"MIDDLEWARE": [*MIDDLEWARE, f"{HERE}own_middleware"]}, 410),
    "a middleware in place of Django's": (
        {"MIDDLEWARE": [f"{HERE}OwnSessionMiddleware", *MIDDLEWARE[2:]]},
        200,
    ),
    "no session": ({"MIDDLEWARE": []}, 200),
    "another order": (
        {"MIDDLEWARE": [MIDDLEWARE[2], MIDDLEWARE[1], *MIDDLEWARE[3:]]},
        200,
    ),
    "a redirect to https": ({"SECURE_SSL_REDIRECT": True}, 301),
    "a user agent": ({"DISALLOWED_USER_AGENTS": [re.compile("Bot")]}, 403),
    "a host": ({"PREPEND_WWW": True}, 301),
}


@pytest.mark.parametrize("name", TO_DJANGO)
def test_django_answers_where_middleware_may_have_a_say(
    name: str, front: EntryPoint
) -> None:
    changed, status = TO_DJANGO[name]
    with override_settings(**changed):
        answer = shaken(front, X_Banned="1", User_Agent="Bot/1.0")
    assert (answer.status_code, to_django) == (status, ["/ws/"])


def test_what_lies_between_hears_of_handshakes(user: User) -> None:
    """An application around Django's, such as that of an error tracker."""
    from django.core.handlers.asgi import ASGIHandler
    from django.core.handlers.wsgi import WSGIHandler

    heard: list[str] = []

    class Wsgi(ENTRY_POINTS["view-wsgi"]):  # type: ignore[misc]
        def application(self) -> Any:
            def between(environ: Any, start_response: Any) -> Any:
                heard.append("wsgi")
                return WSGIHandler()(environ, start_response)

            return wsgi.fast_path(between)

    class Asgi(ENTRY_POINTS["view-asgi"]):  # type: ignore[misc]
        def application(self) -> Any:
            async def between(scope: Any, receive: Any, send: Any) -> None:
                heard.append("asgi")
                await ASGIHandler()(scope, receive, send)

            return asgi.fast_path(between)

    assert [shaken(each(), user).status_code for each in (Wsgi, Asgi)] == [200, 200]
    assert heard == ["wsgi", "asgi"]


ANSWERED: dict[str, tuple[dict[str, Any], int]] = {
    "accepted": ({}, 200),
    "refused": ({"wish": "refuse"}, 403),
    "crashed": ({"wish": "crash"}, 500),
    "an unknown session": ({"Cookie": "sessionid=" + "x" * 32}, 200),
    "another origin": ({"Origin": "https://evil.example"}, 403),
    "another host": ({"Host": "evil.example"}, 400),
}


@pytest.mark.parametrize("name", ANSWERED)
def test_every_way_answers_alike(
    name: str, user: User, caplog: pytest.LogCaptureFixture
) -> None:
    """With the same lines in Django's logs."""
    given, status = ANSWERED[name]
    answers = {}
    for each, kind in HTTP_ENTRY_POINTS.items():
        caplog.clear()
        answer = shaken(kind(), None if "Cookie" in given else user, **given)
        lines = [
            (record.name, record.levelname, record.getMessage())
            for record in caplog.records
            if record.name.startswith("django")
        ]
        answers[each] = (answer.status_code, answer.content, lines)
    assert answers == dict.fromkeys(answers, answers["view-wsgi"])
    assert answers["view-wsgi"][0] == status


def test_a_subprotocol_is_chosen(entry_point: EntryPoint, user: User) -> None:
    answer = shaken(
        entry_point, user, wish="protocol", Sec_WebSocket_Protocol="chat.v1"
    )
    assert answer["Sec-WebSocket-Protocol"] == "chat.v1"


def test_a_session_that_was_changed_is_saved(
    entry_point: EntryPoint, user: User
) -> None:
    assert shaken(entry_point, user, wish="remember").status_code == 200
    (session,) = Session.objects.all()
    assert session.get_decoded()["seen"] == OpenConnection.objects.get().connection_id


def test_a_session_that_moves_with_each_request_moves(
    entry_point: EntryPoint, user: User
) -> None:
    entry_point.force_login(user)
    soon = timezone.now() + timedelta(minutes=1)
    Session.objects.update(expire_date=soon)
    with override_settings(SESSION_SAVE_EVERY_REQUEST=True):
        assert shaken(entry_point).status_code == 200
    assert Session.objects.get().expire_date > soon + timedelta(days=1)


def test_a_language_stays_with_its_connection(front: EntryPoint) -> None:
    other = Gateway(http=front)  # type: ignore[arg-type]
    assert other.connect().status_code == 200
    assert shaken(front, wish="german").status_code == 200
    assert other.send("language", id=1)["payload"] == settings.LANGUAGE_CODE
    assert shaken(front).status_code == 200
    assert OpenConnection.objects.latest("pk").language == ""
    assert not to_django


def test_who_listens_for_requests_hears_of_handshakes(
    entry_point: EntryPoint, user: User
) -> None:
    heard: list[str] = []

    def started(**_: Any) -> None:
        heard.append("started")

    def finished(**_: Any) -> None:
        heard.append("finished")

    request_started.connect(started)
    request_finished.connect(finished)
    try:
        assert shaken(entry_point, user).status_code == 200
    finally:
        request_started.disconnect(started)
        request_finished.disconnect(finished)
    assert heard == ["started", "finished"]
