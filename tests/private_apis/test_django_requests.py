"""Django's handling of requests, where wsrouter uses more of it than is documented."""

import inspect
import logging
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import User, UserManager
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.handlers.asgi import ASGIHandler, ASGIRequest, get_script_prefix
from django.core.handlers.exception import response_for_exception
from django.core.handlers.wsgi import WSGIRequest, get_script_name
from django.db import connections
from django.db.models import Manager, QuerySet
from django.http import Http404, HttpResponse
from django.http.request import split_domain_port, validate_host
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.test import RequestFactory
from django.urls import get_urlconf, reverse, set_script_prefix, set_urlconf
from django.utils import timezone
from django.utils.functional import SimpleLazyObject, empty
from django.utils.log import log_response

from wsrouter.models import OpenConnection

ROOT = Path(__file__).parents[2]
RECEIVERS = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.project.settings"
from django.core.wsgi import get_wsgi_application
get_wsgi_application()
from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries
def ids(signal):
    return {receiver[0][0] for receiver in signal.receivers}
at_end = {"wsrouter", id(close_caches), id(close_old_connections), id(reset_urlconf)}
ours = {"wsrouter", "wsrouter.handshake"}
at_start = ours | {id(reset_queries), id(close_old_connections)}
assert ids(request_started) == at_start
assert ids(request_finished) == at_end
def started(**_): ...
request_started.connect(started)
assert id(started) in ids(request_started)
"""


@pytest.fixture
def request_() -> Any:
    return RequestFactory().post("/ws/", b"{}", content_type="application/json")


def test_the_receivers_of_the_request_signals() -> None:
    subprocess.run([sys.executable, "-c", RECEIVERS], cwd=ROOT, check=True)
    set_urlconf("tests.project.urls")
    assert get_urlconf() == "tests.project.urls"
    set_urlconf(None)
    assert get_urlconf() is None


@pytest.mark.django_db
def test_what_begins_a_request() -> None:
    for connection in connections.all(initialized_only=True):
        connection.queries_log.append({"sql": "SELECT 1"})
        connection.queries_log.clear()
        assert callable(connection.close_if_unusable_or_obsolete)
    assert connections.all(initialized_only=True)


def test_an_exception_has_a_response(request_: Any) -> None:
    response = response_for_exception(request_, Http404("none"))
    assert response.status_code == 404
    assert response.reason_phrase == "Not Found"


def test_an_error_response_is_logged(
    request_: Any, caplog: pytest.LogCaptureFixture
) -> None:
    response = HttpResponse(status=500)
    with caplog.at_level(logging.WARNING, "django.request"):
        for _ in range(2):  # the second time it has been logged
            log_response("%s: %s", "Wrong", "/ws/", response=response, request=request_)
    assert caplog.record_tuples == [("django.request", logging.ERROR, "Wrong: /ws/")]
    assert caplog.records[0].request is request_


def test_a_request_and_the_prefix_under_wsgi(request_: Any) -> None:
    environ = request_.environ | {"SCRIPT_NAME": "/below"}
    assert get_script_name(environ) == "/below"
    assert WSGIRequest(environ).body == b"{}"
    try:
        set_script_prefix("/below")
        assert reverse("wsrouter:endpoint").startswith("/below/")
    finally:
        set_script_prefix("/")


def test_a_request_and_the_prefix_under_asgi() -> None:
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/below/ws/",
        "root_path": "/below",
        "query_string": b"",
        "headers": [(b"host", b"testserver")],
    }
    assert get_script_prefix(scope) == "/below"
    assert ASGIRequest(scope, BytesIO(b"{}")).body == b"{}"


@pytest.mark.parametrize("kind", ["wsgi", "asgi"])
def test_headers_and_query_are_kept_in_the_request(request_: Any, kind: str) -> None:
    if kind == "asgi":
        headers = [(b"content-type", b"application/json")]
        scope = {"method": "POST", "path": "/", "headers": headers}
        request_ = ASGIRequest(scope, BytesIO(b""))
    assert request_.headers["Content-Type"] == "application/json"
    assert "ticket" not in request_.GET
    assert {"headers", "GET"} <= vars(request_).keys()
    request_.META["QUERY_STRING"] = "ticket=a"
    vars(request_).pop("GET")
    query = request_.GET.copy()
    assert query["ticket"] == "a"
    assert query._mutable
    request_.GET = query
    assert request_.GET is query


def test_a_body_that_was_read(request_: Any) -> None:
    assert not vars(request_).get("_read_started")
    request_._body = request_.read()
    assert vars(request_)["_read_started"]
    assert request_.body is request_._body
    assert request_.body == b"{}"


def test_a_host_and_whether_it_is_allowed() -> None:
    assert split_domain_port("www.example.com:443") == ("www.example.com", "443")
    assert validate_host("www.example.com", [".example.com"])
    assert not validate_host("www.example.org", [".example.com"])


def test_the_asgi_handler_without_a_thread_of_its_own() -> None:
    parameters = list(inspect.signature(ASGIHandler.handle).parameters)
    assert parameters == ["self", "scope", "receive", "send"]
    called = inspect.getsource(ASGIHandler.__call__)
    assert "await self.handle(scope, receive, send)" in called


def test_the_middlewares_of_a_handler() -> None:
    parameters = list(inspect.signature(ASGIHandler.load_middleware).parameters)
    assert parameters == ["self", "is_async"]
    assert "self.load_middleware(is_async=True)" in inspect.getsource(ASGIHandler)
    called = inspect.getsource(ASGIHandler.run_get_response)
    assert "await self.get_response_async(request)" in called
    assert not inspect.iscoroutinefunction(ASGIHandler.get_response)


@pytest.mark.django_db
def test_the_middlewares_of_sessions_and_users() -> None:
    request: Any = RequestFactory().get("/")
    sessions = SessionMiddleware(lambda _: HttpResponse())
    assert sessions.process_request(request) is None
    assert isinstance(request.session, SessionStore)
    users = AuthenticationMiddleware(lambda _: HttpResponse())
    assert users.process_request(request) is None
    assert callable(request.auser)
    tokens = CsrfViewMiddleware(lambda _: HttpResponse())
    assert tokens.process_request(request) is None
    assert "CSRF_COOKIE_NEEDS_UPDATE" not in request.META
    get_token(request)
    assert request.META["CSRF_COOKIE_NEEDS_UPDATE"]
    assert tokens.process_response(request, HttpResponse()).cookies
    request.session["a"] = 1
    sessions.process_response(request, HttpResponse())
    assert request.session.exists(request.session.session_key)


def test_the_user_of_a_request_is_lazy() -> None:
    request: Any = RequestFactory().get("/")
    request.session = SessionStore()
    AuthenticationMiddleware(lambda _: HttpResponse()).process_request(request)
    lazy = vars(vars(request)["user"])
    assert type(vars(request)["user"]) is SimpleLazyObject
    assert lazy["_setupfunc"].__module__ == AuthenticationMiddleware.__module__
    assert lazy["_wrapped"] is empty
    assert not request.user.is_authenticated
    assert lazy["_wrapped"] is not empty


def test_a_manager_has_a_queryset() -> None:
    class Own(QuerySet[User]): ...

    assert User.objects._queryset_class is QuerySet
    assert type(User.objects).get is Manager.get
    assert UserManager.from_queryset(Own)._queryset_class is Own


def test_a_field_prepares_its_value() -> None:
    field = OpenConnection._meta.get_field("stored_at")
    assert field.get_db_prep_save(timezone.now(), connections["default"]) is not None
