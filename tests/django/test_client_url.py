"""The URL of the socket, as Python, templates and the document have it."""

from pathlib import Path
from typing import Any

import pytest
from django.template import engines
from django.template.backends.django import DjangoTemplates
from django.test import Client, RequestFactory, override_settings

import wsrouter
from tests.loaded_modules import WITH_URLS, modules_after
from wsrouter import ConfigurationError
from wsrouter.options import environment

ROOT = Path(__file__).parents[2]
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/a"
DOMAIN = {"NAME": "ws.example.com", "CERTIFICATE": CERTIFICATE}
DISABLED = {**DOMAIN, "MAPPING_KEY": "v1", "DISABLE_EXECUTE_API_ENDPOINT": True}
API = {"API_ID": "abc123", "REGION": "eu-west-1"}
LOCAL = "ws://127.0.0.1:8001/production"


def url(host: str = "", debug: bool = False, **entry: Any) -> str:
    request = RequestFactory(headers={"host": host}).get("/") if host else None
    with override_settings(DEBUG=debug, WSROUTER={"default": entry}):
        return wsrouter.client_url(request)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"DOMAIN": DOMAIN, **API}, "wss://ws.example.com"),
        ({"DOMAIN": {**DOMAIN, "MAPPING_KEY": "v1"}}, "wss://ws.example.com/v1"),
        (API, "wss://abc123.execute-api.eu-west-1.amazonaws.com/production"),
        (
            {"API_ID": "abc123", "REGION": "cn-north-1", "STAGE": "beta"},
            "wss://abc123.execute-api.cn-north-1.amazonaws.com.cn/beta",
        ),
        (
            {**API, "CLIENT_URL": "wss://proxy.example.com/x"},
            "wss://proxy.example.com/x",
        ),
    ],
)
def test_the_url_of_a_deployed_api(entry: dict[str, Any], expected: str) -> None:
    assert url(**entry) == expected
    assert url(host="www.example.com", **entry) == expected


@pytest.mark.parametrize(
    ("entry", "host", "expected"),
    [
        (API, "", LOCAL),
        ({}, "localhost:8000", "ws://localhost:8001/production"),
        ({}, "[::1]:8000", "ws://[::1]:8001/production"),
        ({"STAGE": "beta", "DOMAIN": DOMAIN}, "", "ws://127.0.0.1:8001/beta"),
        ({"DOMAIN": DISABLED}, "", "ws://127.0.0.1:8001/v1"),
        ({"CLIENT_URL": "ws://box.test:7/x"}, "", "ws://box.test:7/x"),
    ],
)
def test_with_debug_it_is_the_local_gateway(
    entry: dict[str, Any], host: str, expected: str
) -> None:
    with override_settings(ALLOWED_HOSTS=["*"]):
        assert url(debug=True, host=host, **entry) == expected


def test_a_django_that_ws_local_has_started(monkeypatch: pytest.MonkeyPatch) -> None:
    name = environment.MANAGEMENT_ENDPOINT_VARIABLE
    entry = {"DOMAIN": DOMAIN, "CLIENT_URL": "wss://ws.example.com"}
    monkeypatch.setenv(name, "http://127.0.0.1:9001/production")
    assert url(host="localhost:8000", **entry) == "ws://localhost:9001/production"
    assert url(**entry) == "ws://127.0.0.1:9001/production"
    monkeypatch.setenv(name, "http://box.test:9001/production")
    assert url(host="localhost:8000", **entry) == "ws://box.test:9001/production"


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (
            {"API_NAME": "shop"},
            "no DOMAIN and no API_ID. (DEBUG is off, as it is in tests.) Set",
        ),
        ({"API_ID": "abc123"}, "has an API_ID and no REGION"),
        ({**API, "AWS": {"ENDPOINT_URL": "http://127.0.0.1:4566"}}, "in an emulator"),
    ],
)
def test_what_is_missing_is_said(
    entry: dict[str, Any], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(ConfigurationError) as raised:
        url(**entry)
    assert why in str(raised.value)


@pytest.mark.parametrize(
    "given", ["https://ws.example.com", "ws.example.com", 7, "wss://a?b"]
)
def test_what_is_no_url_of_a_socket(given: Any) -> None:
    with pytest.raises(
        ConfigurationError, match=r"\['CLIENT_URL'\] must be a URL such"
    ):
        url(CLIENT_URL=given)


def rendered(text: str, *, request: Any = None) -> str:
    engine = engines["django"]
    assert isinstance(engine, DjangoTemplates)
    return engine.from_string("{% load wsrouter %}" + text).render({}, request)


@override_settings(
    WSROUTER={"default": {}, "other": {"CLIENT_URL": "wss://other.example.com"}},
    DEBUG=True,
)
def test_the_tag() -> None:
    request = RequestFactory(headers={"host": "localhost:8000"}).get("/")
    text = (
        '{% ws_url %} {% ws_url "other" %} {% ws_url gateway="default" as it %}{{ it }}'
    )
    local = "ws://localhost:8001/production"
    expected = f"{local} wss://other.example.com {local}"
    assert rendered(text, request=request) == expected
    assert rendered("{% ws_url %}") == LOCAL


PROCESSORS = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"context_processors": ["wsrouter.context_processors.ws_url"]},
    }
]


def test_the_context_processor() -> None:
    request = RequestFactory(headers={"host": "localhost:8000"}).get("/")
    with override_settings(TEMPLATES=PROCESSORS, WSROUTER={"default": API}):
        assert rendered("{{ ws_url }}", request=request).startswith("wss://abc123.")
    with override_settings(TEMPLATES=PROCESSORS, WSROUTER={"default": {}}):
        assert rendered("no URL here", request=request) == "no URL here"
        with pytest.raises(ConfigurationError, match="The URL of gateway 'default'"):
            rendered("{{ ws_url }}", request=request)


def test_the_document_has_the_servers() -> None:
    entry = {**API, "DOCS": "public", "ROUTER": "tests.project.shop.ws.router"}
    with override_settings(WSROUTER={"default": entry}):
        [deployed] = Client().get("/ws/asyncapi.json").json()["servers"].values()
    assert deployed["host"] == "abc123.execute-api.eu-west-1.amazonaws.com"
    with override_settings(WSROUTER={"default": entry}, DEBUG=True):
        found = Client().get("/ws/asyncapi.json").json()["servers"]
    assert list(found) == ["production", "local"]
    assert found["local"]["host"] == "127.0.0.1:8001"


def test_django_starts_without_it() -> None:
    ours = {m for m in modules_after(WITH_URLS) if m.startswith("wsrouter")}
    assert not {m for m in ours if m.endswith(("_url", ".asyncapi"))}
