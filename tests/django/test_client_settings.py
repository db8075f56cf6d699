"""`wsrouter.testing.WebSocketClient` under the settings that a project may have."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path

from tests.django.client_routes import Watch, router
from tests.django.events import serving
from wsrouter import Message, Router
from wsrouter.conf import ConfigurationError
from wsrouter.testing import WebSocketClient

pytestmark = pytest.mark.usefixtures("talking")
LAMBDA = "arn:aws:lambda:eu-west-1:123456789012:function:authorize"
urlpatterns = [path("", lambda request: HttpResponse())]


@pytest.mark.django_db
@pytest.mark.parametrize("options", [{}, {"SECRET": ""}, {"SECRET": "weak"}])
def test_no_secret_is_needed(options: Any) -> None:
    entry = {"ROUTER": "tests.django.events.served"}
    with override_settings(WSROUTER={"default": entry | options}):
        assert WebSocketClient().connect().call("facts")


@pytest.mark.django_db
@pytest.mark.parametrize("setting", [{"default": {}}, None])
def test_no_setting_is_needed_at_all(setting: Any, settings: Any) -> None:
    if setting is None:
        del settings.WSROUTER
    else:
        settings.WSROUTER = setting
    assert WebSocketClient().connect().call("shop.echo", "x") == "x"


@pytest.mark.django_db
@override_settings(SECURE_SSL_REDIRECT=True)
def test_a_project_that_redirects_to_https() -> None:
    middleware = "django.middleware.security.SecurityMiddleware"
    with override_settings(MIDDLEWARE=[middleware]):
        assert WebSocketClient().connect().call("facts")


@pytest.mark.django_db
@override_settings(ROOT_URLCONF="tests.django.test_client_settings")
def test_urls_without_the_endpoint() -> None:
    with pytest.raises(ConfigurationError, match=r'include\("wsrouter.urls"\)'):
        WebSocketClient().connect()


@pytest.mark.django_db
def test_a_gateway_that_is_not_configured() -> None:
    with pytest.raises(ConfigurationError, match="'other', only: default"):
        WebSocketClient(gateway="other")


@pytest.mark.django_db
def test_other_settings_of_the_gateway() -> None:
    flat = {"ENVELOPE": "flat", "REPLY_VIA": "connection"}
    key = {"ROUTE_SELECTION_EXPRESSION": "$request.body.type"}
    with serving(router, **flat, **key), WebSocketClient() as client:
        assert client.call("watch", Watch(order_id=7))["order_id"] == 7
    with serving(router, PUBLISH="default"), WebSocketClient() as client:
        assert client.call("watch", Watch(order_id=7))["order_id"] == 7
    with serving(router, DEFAULT_ROUTE=False), WebSocketClient() as client:
        client.send("no.such.route")
        assert client.receive()["message"] == "Forbidden"
        assert client.call("wsrouter.ping") == {}
    with serving(router, CRASH_STATUS=500):
        client = WebSocketClient(raise_exceptions=False).connect()
        client.send("crash")
        assert client.receive("error")


mapped = Router()


@mapped.route("mapped")
def mapped_headers(message: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in message.headers.items()}


@pytest.mark.django_db
def test_any_value_of_the_authorizers_context() -> None:
    names = ("tenant", "seats", "trial", "missing")
    options = {
        "AUTHORIZER": {"FUNCTION": LAMBDA},
        "HEADERS": {name: f"context.authorizer.{name}" for name in names},
    }
    given = {"tenant": "acme", "seats": 3, "trial": True}
    with serving(mapped, **options):
        client = WebSocketClient().connect(authorizer=given)
        answered = client.call("mapped")
        assert answered.pop("missing", "") == ""
        assert answered == {"tenant": "acme", "seats": "3", "trial": "true"}
        nested: Any = {"tenant": ["acme"]}
        with pytest.raises(TypeError, match="not tenant="):
            WebSocketClient().connect(authorizer=nested)
    with serving(mapped), pytest.raises(AssertionError, match="There is no AUTHORIZER"):
        WebSocketClient().connect(authorizer=given)
