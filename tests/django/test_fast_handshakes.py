"""Handshakes on the fast paths: answered as Django answers them, and by Django wherever
a project has more middleware than a new one."""

import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import timedelta
from functools import wraps
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.handlers.base import BaseHandler
from django.core.signals import request_finished, request_started
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import _does_token_match, get_token
from django.test import override_settings
from django.urls import include, path
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
from wsrouter.endpoint import fast_path
from wsrouter.models import OpenConnection

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("shared_database")]
tenant = ContextVar("tenant", default="nobody")
told: list[str] = []
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


@router.route("german")
def german() -> None:
    translation.activate("de")


@router.connect
def prepared(request: HttpRequest) -> None:
    wish = request.GET.get("wish", "")
    if wish == "acme":
        tenant.set(wish)
    if wish == "token":
        told.append(get_token(request))
    if wish == "no session":
        del request.session


@router.connect
async def opened_later(connection: Connection) -> None:
    told.append(tenant.get())
    await Group.objects.acreate(name=f"of {connection.user}")


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    to_django.clear()
    told.clear()
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


CSRF = "a" * 32
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
    if isinstance(entry_point, ENTRY_POINTS["lambda"]):
        assert "Sec-WebSocket-Protocol" in dict(answer.items())


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
    assert other.send("german", id=2)["payload"] is None
    assert shaken(front).status_code == 200
    assert OpenConnection.objects.latest("pk").language == ""
    assert not to_django


@pytest.mark.parametrize("name", ["view-asgi", "front-asgi", "lambda"])
def test_what_one_handshake_sets_is_not_there_in_the_next(name: str) -> None:
    entry_point = ENTRY_POINTS[name]()
    assert shaken(entry_point, wish="acme").status_code == 200
    assert shaken(entry_point).status_code == 200
    assert told == ["acme", "nobody"]


@pytest.mark.parametrize("in_session", [False, True])
def test_a_csrf_token_is_that_of_the_page(
    in_session: bool, entry_point: EntryPoint, user: User
) -> None:
    """A form in an event has to be accepted when its page posts it."""
    entry_point.force_login(user)
    if in_session:
        page = SessionStore(Session.objects.get().session_key)
        page["_csrftoken"] = CSRF
        page.save()
    else:
        entry_point.cookies += f"; csrftoken={CSRF}"
    with override_settings(CSRF_USE_SESSIONS=in_session):
        assert shaken(entry_point, wish="token").status_code == 200
    assert _does_token_match(told[0], CSRF)


def test_a_new_csrf_token_is_stored(entry_point: EntryPoint, user: User) -> None:
    with override_settings(CSRF_USE_SESSIONS=True):
        assert shaken(entry_point, user, wish="token").status_code == 200
    stored = Session.objects.get().get_decoded()["_csrftoken"]
    assert _does_token_match(told[0], stored)


def test_a_session_may_be_gone(entry_point: EntryPoint, user: User) -> None:
    assert shaken(entry_point, user, wish="no session").status_code == 200


@pytest.mark.parametrize("name", ["view-asgi", "front-asgi"])
def test_a_query_that_is_no_utf_8_is_refused(name: str) -> None:
    mapped = headers("CONNECT", "$connect", connection_id=new_id())
    sent = [*mapped.items(), ("Host", "testserver")]
    raw = ENTRY_POINTS[name]().request_raw("POST", "/ws/", b"a=\xff", sent, b"")
    assert raw.status_code == 400


def test_other_requests_are_not_looked_at(
    front: EntryPoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    monkeypatch.setattr(fast_path, "is_endpoint", looked.append)
    answer = front.post("/nothing/here/", data=b"", headers={}, method="GET")
    assert (answer.status_code, looked) == (404, [])


def test_who_replaces_methods_of_django_hears_of_handshakes(
    front: EntryPoint, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As tracers and error trackers do."""
    for name in ("get_response", "get_response_async"):
        own = getattr(BaseHandler, name)
        monkeypatch.setattr(BaseHandler, name, traced(own))
    assert shaken(front, user).status_code == 200
    assert to_django == ["/ws/"]


def traced(own: Any) -> Any:
    @wraps(own)
    def method(self: Any, request: HttpRequest) -> Any:
        return own(self, request)

    return method


urlpatterns = [path("<str:tenant>/", include("wsrouter.urls"))]


def test_a_url_that_the_endpoint_cannot_take_is_no_url_of_it(front: EntryPoint) -> None:
    """Django gives the view an argument that it does not have."""
    with override_settings(ROOT_URLCONF="tests.django.test_fast_handshakes"):
        assert shaken(front).status_code == 500
    assert to_django == ["/ws/"]


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
