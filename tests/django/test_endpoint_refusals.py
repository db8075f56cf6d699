"""Who gets in: secrets, gateways, methods and headers. Nothing here may touch the
database: these tests have none."""

import logging
from typing import Any

import pytest
from django.test import Client, RequestFactory, override_settings

from tests.django.events import SECRET, URL, Gateway, headers, new_id, serving
from wsrouter import Router
from wsrouter.endpoint import view

OLD = "fedcba9876543210fedcba9876543210"
router = Router()


class Unreadable:
    def read(self, *_: int) -> bytes:
        raise AssertionError("The body was read.")


@router.route("ping")
def ping() -> str:
    return "pong"


@pytest.fixture(autouse=True)
def _served() -> Any:
    with serving(router):
        yield


def posted(connection_id: str | None = None, **mapped: Any) -> Any:
    gateway = Gateway(**mapped)
    if connection_id is not None:
        gateway.id = connection_id
    route_key = mapped.pop("routeKey", "ping")
    return gateway.text(route_key, **mapped)


@pytest.mark.parametrize(
    "mapped",
    [
        {"secret": ""},
        {"secret": SECRET[:-1]},
        {"secret": SECRET + "x"},
        {"secret": SECRET.upper()},
        {"secret": f"{SECRET},{SECRET}"},
        {"secret": "\xe9" * 32},
        {"alias": "nobody"},
        {"alias": ""},
        {"alias": "default,default"},
    ],
)
def test_without_proof_the_answer_is_403_and_nothing_else(mapped: Any) -> None:
    response = posted(**mapped)
    assert (response.status_code, response.content) == (403, b"")
    assert not response.cookies


def test_with_the_secret_it_is_answered() -> None:
    assert posted().status_code == 200


def test_no_header_at_all_is_403() -> None:
    for method in ("get", "post", "put", "delete", "head", "options"):
        response = getattr(Client(), method)(URL)
        assert (response.status_code, response.content) == (403, b"")


def test_a_wrong_secret_does_not_have_its_body_read() -> None:
    request = RequestFactory().post(
        URL, headers=headers("MESSAGE", "ping", connection_id="A1=", secret="x" * 32)
    )
    request.META["CONTENT_LENGTH"] = str(10 * 1024 * 1024)
    request._stream = Unreadable()
    assert view.endpoint(request).status_code == 403


def test_a_wrong_secret_looks_at_neither_session_nor_user() -> None:
    """A session cookie alone would cost a query, if anybody looked."""
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "0" * 32
    response = Gateway(http=client, secret="x" * 32).post("CONNECT")
    assert response.status_code == 403


@pytest.mark.parametrize("accepted", [[SECRET, OLD], (OLD, SECRET)])
def test_every_secret_of_a_list_counts(accepted: Any) -> None:
    with serving(router, SECRET=accepted):
        assert posted(secret=SECRET).status_code == 200
        assert posted(secret=OLD).status_code == 200
        assert posted(secret="x" * 32).status_code == 403


@pytest.mark.parametrize("weak", ["short", "x" * 31, "with space " * 4, "é" * 32])
def test_a_weak_secret_counts_in_debug_only(weak: str) -> None:
    with serving(router, SECRET=weak):
        assert posted(secret=weak).status_code == 403
    with serving(router, SECRET="short"), override_settings(DEBUG=True):
        assert posted(secret="short").status_code == 200


@pytest.mark.parametrize("empty", ["", None, [], [""]])
def test_no_secret_matches_nothing_in_debug_either(empty: Any) -> None:
    with serving(router, SECRET=empty), override_settings(DEBUG=True):
        assert posted(secret="").status_code == 403
        assert posted(secret="x").status_code == 403


def test_each_gateway_has_its_own_secrets() -> None:
    entry = {"ROUTER": "tests.django.events.served"}
    two = {"a": entry | {"SECRET": SECRET}, "b": entry | {"SECRET": OLD}}
    with override_settings(WSROUTER=two):
        assert posted(alias="a", secret=SECRET).status_code == 200
        assert posted(alias="b", secret=OLD).status_code == 200
        assert posted(alias="a", secret=OLD).status_code == 403
        assert posted(alias="b", secret=SECRET).status_code == 403
        assert posted(alias="default", secret=SECRET).status_code == 403


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_post_will_do(method: str) -> None:
    mapped = headers("MESSAGE", "ping", connection_id="A1=")
    response = getattr(Client(), method)(URL, headers=mapped)
    assert (response.status_code, response.content) == (405, b"")
    assert response["Allow"] == "POST"


@pytest.mark.parametrize(
    "changed",
    [
        {"connection_id": "A1=,B2="},
        {"connection_id": ""},
        {"connection_id": "A1 B2"},
        {"connection_id": "é"},
        {"connection_id": "x" * 129},
        {"eventType": ""},
        {"eventType": "message"},
        {"eventType": "MESSAGE,MESSAGE"},
        {"connectedAt": "yesterday"},
        {"connectedAt": "9" * 30},
        {"routeKey": "ping,ping"},
        {"stage": "a,b"},
    ],
)
def test_headers_that_no_gateway_sends_are_400(changed: Any) -> None:
    response = posted(**{"connection_id": new_id()} | changed)
    assert (response.status_code, response.content) == (400, b"")


def test_headers_are_looked_at_before_the_body() -> None:
    mapped = headers("MESSAGE", "ping", connection_id="A1=,B2=")
    request = RequestFactory().post(URL, headers=mapped)
    request.META["CONTENT_LENGTH"] = "2"
    request._stream = Unreadable()
    assert view.endpoint(request).status_code == 400


def test_a_comma_in_the_user_agent_is_no_second_header() -> None:
    assert posted(userAgent="Mozilla (KHTML, like Gecko)").status_code == 200


def test_a_forged_request_is_not_logged_as_an_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    posted(secret="x" * 32)
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]


def test_the_endpoint_needs_no_csrf_token_and_no_login() -> None:
    required = "django.contrib.auth.middleware.LoginRequiredMiddleware"
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    with override_settings(MIDDLEWARE=[*MIDDLEWARE, required]):
        assert Gateway(http=strict).text("ping").status_code == 200
        assert Gateway(http=strict, secret="x" * 32).text("ping").status_code == 403


MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
