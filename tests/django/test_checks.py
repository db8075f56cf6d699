"""The numbered system checks, the settings behind them, and the migrations."""

from io import StringIO
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from django.urls import include, path
from pydantic import BaseModel, Field

from tests.django.events import SECRET, serving
from tests.project.shop import ws as shop
from wsrouter import Router, conf
from wsrouter.checks.isolation_level import isolation_level
from wsrouter.conf import ConfigurationError
from wsrouter.endpoint import view
from wsrouter.options import environment
from wsrouter.wiring.routers import apps_router

twins = Router()
no_router = "something else"
LAMBDA = "arn:aws:lambda:eu-west-1:123456789012:function:let-in"


def who() -> None: ...


OF_THE_TEST_PROJECT = {f"wsrouter.W{number}" for number in ("007", "011", "019", "025")}
"""It counts in a cache of each process, and has an API_NAME alone: no DOMAIN and no
BACKGROUND."""


def found(**options: Any) -> list[tuple[str | None, str]]:
    return [
        (message.id, message.msg)
        for message in run_checks(tags=["wsrouter"], **options)
        if message.id not in OF_THE_TEST_PROJECT
    ]


def configured(**entry: Any) -> Any:
    return override_settings(WSROUTER={"default": entry})


@pytest.mark.django_db
def test_the_test_project_passes() -> None:
    call_command("check", stdout=StringIO())
    assert found(include_deployment_checks=True) == []


@pytest.mark.database
@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", "--check", "--dry-run", stdout=StringIO())


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ([], "WSROUTER must be a dict"),
        ({"default": []}, "WSROUTER['default'] must be a dict"),
        ({"API_NAME": "shop"}, 'WSROUTER = {"default": {"API_NAME": ...}}'),
        ({7: {}}, "WSROUTER[7]: an alias"),
        ({"": {}}, "an alias"),
        ({"a b": {}}, "an alias"),
        ({"default": {"ENPOINT": "x"}}, "'ENPOINT'. Did you mean 'ENDPOINT'?"),
        ({"default": {"secret": "x"}}, "Did you mean 'SECRET'?"),
        ({"default": {"XYZ": 1}}, "unknown setting 'XYZ'."),
        ({"default": {"STAGE": None}}, "['STAGE'] must be a str, not None"),
        ({"default": {"API_VERSION": 2}}, "['API_VERSION'] must be a str, not 2"),
        ({"default": {"DEFAULT_ROUTE": 1}}, "['DEFAULT_ROUTE'] must be a bool"),
        (
            {"default": {"ENVELOPE": "round"}},
            "must be 'nested', 'flat' or the dotted path",
        ),
        ({"default": {"REPLY_VIA": None}}, "must be 'response' or 'connection'"),
        (
            {"default": {"DOCS": "all"}},
            "must be 'debug' or 'staff' or 'public' or None, not 'all'",
        ),
        ({"default": {"DOCS": ["public"]}}, "or None, not ['public']"),
        ({"default": {"PUBLISH": []}}, "must be 'routes' or 'default'"),
        ({"default": {"SECRET": 7}}, "['SECRET'] must be a string or a list"),
        ({"default": {"SECRET": ["x", None]}}, "['SECRET'] must be a string or a list"),
        ({"default": {"SECRET": {"x": 1}}}, "['SECRET'] must be a string or a list"),
        ({"default": {"HEADERS": []}}, "['HEADERS'] must be a dict of strings"),
        ({"default": {"HEADERS": {"A": 1}}}, "['HEADERS'] must be a dict of strings"),
        ({"default": {"TAGS": {1: "a"}}}, "['TAGS'] must be a dict of strings"),
        ({"default": {"TIMEOUT": 30}}, "0.05 to 29.0 seconds (API Gateway quota)"),
        ({"default": {"TIMEOUT": 0.01}}, "0.05 to 29.0 seconds"),
        ({"default": {"TIMEOUT": "10"}}, "not '10'"),
        ({"default": {"TIMEOUT": True}}, "not True"),
        (
            {"default": {"ALLOWED_ORIGINS": "https://a.example"}},
            "['ALLOWED_ORIGINS'] must be a list of strings",
        ),
        (
            {"default": {"ALLOWED_ORIGINS": ["https://a.example/"]}},
            "['ALLOWED_ORIGINS']: 'https://a.example/' is not an origin such as",
        ),
        ({"default": {"ALLOWED_ORIGINS": ["a.example"]}}, "is not an origin such as"),
        ({"default": {"AUTHENTICATION": ["who"]}}, "'who' is not the dotted path"),
        ({"default": {"AUTHENTICATION": [who]}}, "must be a list of strings"),
        ({"default": {"CONNECT_THROTTLE": "often"}}, "'often' is not of the form"),
        ({"default": {"CONNECT_THROTTLE": ["9/m"]}}, "'per ip' or 'per user'"),
        ({"default": {"CONNECT_THROTTLE": 9}}, "must be a list of strings, not 9"),
        ({"default": {"TICKETS": {"SECONDS": 61}}}, "['SECONDS'] must be 1 to 60"),
        ({"default": {"TICKETS": {"SECONDS": True}}}, "['SECONDS'] must be 1 to 60"),
        ({"default": {"TICKETS": {"RATE": "x"}}}, "['TICKETS']['RATE']: The throttle"),
        ({"default": {"TICKETS": {"RATE": "9/m per ip"}}}, "is counted per user"),
        ({"default": {"TICKETS": 60}}, "['TICKETS'] must be a dict with RATE, SECONDS"),
        (
            {"default": {"TICKETS": {"SECS": 9}}},
            "['TICKETS'] takes no 'SECS', only RATE, SECONDS",
        ),
        (
            {"default": {"AUTHORIZER": {"FUNCTION": LAMBDA, "USER": 7}}},
            "['AUTHORIZER']['USER'] must be a str",
        ),
        ({"default": {"CRASH_STATUS": 404}}, "must be 200, or 500 to 599, not 404"),
        ({"default": {"CRASH_STATUS": "500"}}, "not '500'"),
        ({"default": {"CRASH_MAIL_INTERVAL": -1}}, "must be 0 to 604800 seconds"),
        ({"default": {"CRASH_MAIL_INTERVAL": True}}, "not True"),
        ({"default": {"AWS": {"REGION": "x"}}}, "['AWS'] takes PROFILE and"),
        ({"default": {"AWS": {"PROFILE": 7}}}, "['AWS']['PROFILE'] must be a str"),
        (
            {"default": {"ROUTE_SELECTION_EXPRESSION": "$request.header.x"}},
            "['ROUTE_SELECTION_EXPRESSION']: The route selection expression",
        ),
        (
            {"a": {"API_NAME": "shop"}, "b": {"API_NAME": "shop"}},
            "'a' and 'b' are the same API, 'shop'",
        ),
        (
            {"a": {"API_ID": "abc"}, "b": {"API_ID": "abc"}},
            "'a' and 'b' are the same API, 'abc'",
        ),
    ],
)
def test_e001_the_setting_is_wrong(setting: Any, said: str) -> None:
    with override_settings(WSROUTER=setting):
        ((number, message),) = found(include_deployment_checks=True)
    assert number == "wsrouter.E001"
    assert said in message


def test_no_message_has_a_secret() -> None:
    with configured(SECRET=[SECRET, 7]):
        ((_, message),) = found()
    assert SECRET not in message
    with configured(SECRET=SECRET):
        assert SECRET not in repr(conf.gateway())


def test_one_name_in_two_regions_is_two_apis() -> None:
    regions = {
        region: {"API_NAME": "x", "REGION": region} for region in ("eu-1", "us-1")
    }
    with override_settings(WSROUTER=regions):
        assert found() == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nowhere.router", "No module named 'nowhere'"),
        ("tests.django.test_checks.nothing", "nothing"),
        ("tests.django.test_checks.no_router", "is not a Router"),
        ("router", "router doesn't look like a module path"),
    ],
)
def test_e002_the_router_cannot_be_used(path: str, said: str) -> None:
    with configured(ROUTER=path):
        ((number, message),) = found()
    assert number == "wsrouter.E002"
    assert "WSROUTER['default']['ROUTER']" in message
    assert said in message


class Order(BaseModel):
    number: int


class WithId(BaseModel):
    id: int


class Aliased(BaseModel):
    number: int = Field(alias="action")


class WithSince(BaseModel):
    since: int = Field(alias="$since")


@pytest.mark.parametrize(
    ("payload", "default", "said"),
    [
        (list[int], ..., ["only payloads that are objects"]),
        (str, ..., ["only payloads that are objects"]),
        (Order | None, ..., ["only payloads that are objects"]),
        (WithId, ..., ["'id'"]),
        (Aliased, ..., ["'action'"]),
        (WithSince, ..., ["'$since'"]),
        (Order | WithId, ..., ["'id'"]),
        (Order, ..., []),
        (Order | None, None, []),
        (dict[str, int], ..., []),
        (Any, ..., []),
    ],
)
def test_e003_a_payload_that_a_flat_envelope_cannot_carry(
    payload: Any, default: Any, said: list[str]
) -> None:
    router = Router()

    if default is ...:

        def handler(payload: payload) -> None: ...
    else:

        def handler(payload: payload = default) -> None: ...

    router.route("orders")(handler)
    with serving(router, ENVELOPE="flat"):
        messages = found()
    assert [number for number, _ in messages] == ["wsrouter.E003"] * len(said)
    for (_, message), word in zip(messages, said, strict=True):
        assert word in message
        assert "'orders' of gateway 'default'" in message
    with serving(router):
        assert found() == []


@pytest.mark.parametrize("secret", ["", None, [], "short", ["short", "x" * 31]])
def test_e004_without_a_strong_secret_nothing_is_answered(secret: Any) -> None:
    with configured(SECRET=secret):
        assert found() == []
        ((number, message),) = found(include_deployment_checks=True)
    assert number == "wsrouter.E004"
    assert "'default' has no strong SECRET" in message
    with configured(SECRET=["short", "x" * 32]):
        assert found(include_deployment_checks=True) == []


@pytest.mark.parametrize(
    ("vendor", "options", "level"),
    [
        ("sqlite", {}, "READ COMMITTED"),
        ("postgresql", {}, "READ COMMITTED"),
        ("postgresql", {"isolation_level": 3}, "REPEATABLE READ"),
        ("mysql", {"isolation_level": "repeatable read"}, "REPEATABLE READ"),
        ("mysql", {"isolation_level": None}, "REPEATABLE READ"),
        ("mysql", {"isolation_level": "read committed"}, "READ COMMITTED"),
    ],
)
def test_the_isolation_level_of_a_database(
    vendor: str, options: Any, level: str
) -> None:
    assert isolation_level(vendor, options) == level


def test_e024_a_level_that_groups_do_not_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "vendor", "mysql", raising=False)
    options = {"isolation_level": "serializable"}
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    (found_,) = [each for each in found() if each[0] == "wsrouter.E024"]
    assert "'default', which holds the connections" in found_[1]
    assert "SERIALIZABLE" in found_[1]


def test_without_the_setting_there_is_one_gateway() -> None:
    with override_settings(WSROUTER={}):
        del settings.WSROUTER
        assert list(conf.gateways()) == ["default"]
        assert [message[0] for message in found(include_deployment_checks=True)] == [
            "wsrouter.E004"
        ]


def test_the_setting_is_read_again_when_overridden() -> None:
    with configured(STAGE="a"):
        assert conf.gateway().stage == "a"
        with configured(STAGE="b"):
            assert conf.gateway().stage == "b"
        assert conf.gateway().stage == "a"
    with pytest.raises(ConfigurationError, match="no gateway 'other', only: default"):
        conf.gateway("other")


def test_the_management_endpoint_of_the_environment_counts_for_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(environment.MANAGEMENT_ENDPOINT_VARIABLE, "http://127.0.0.1:9/x")
    with override_settings(WSROUTER={"default": {}, "other": {}}):
        assert conf.gateway().management_endpoint == "http://127.0.0.1:9/x"
        assert conf.gateway("other").management_endpoint == ""


def test_the_api_id_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function on AWS Lambda exists before its API does."""
    monkeypatch.setenv(environment.api_id_variable("b.c"), "fromoutside")
    with override_settings(WSROUTER={"default": {"API_ID": "a"}, "b.c": {}}):
        assert conf.gateway().api_id == "a"
        assert conf.gateway("b.c").api_id == "fromoutside"
    assert environment.api_id_variable("b.c") == "WSROUTER_API_ID_B_C"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"ENDPOINT": "www.example.com/ws/"}, "ENDPOINT 'www.example.com/ws/' must be"),
        ({"ENDPOINT": "https://example.com:port/"}, "must be an http:// or https://"),
        ({"STAGE": "$default"}, "STAGE '$default' must have 1 to 128 letters"),
        ({"API_NAME": "shop & co"}, "API_NAME 'shop & co' becomes a tag"),
        ({"TAGS": {"team": ""}}, "TAGS: 'team' must have"),
        ({"HEADERS": {"a_b": "context.stage"}}, "HEADERS name 'a_b'"),
        (
            {"THROTTLING": {"ROUTES": {"x": {"RATE": 1, "BURST": 1}}}},
            "THROTTLING: 'x' is not a published route",
        ),
        (
            {"VALIDATE_AT_GATEWAY": ["x"]},
            "VALIDATE_AT_GATEWAY: 'x' is not a registered route",
        ),
    ],
)
def test_e014_aws_would_refuse_it(entry: dict[str, Any], said: str) -> None:
    with configured(**entry):
        ((number, message),) = found()
    assert number == "wsrouter.E014"
    assert message.startswith("Gateway 'default': ")
    assert said in message


def urlconf(*patterns: Any) -> Any:
    module = ModuleType("the_urls")
    module.urlpatterns = list(patterns)  # type: ignore[attr-defined]
    return override_settings(ROOT_URLCONF=module)


@pytest.mark.parametrize(
    "patterns",
    [
        [path("ws/", include("wsrouter.urls"))],
        [path("api/", include([path("ws/", include("wsrouter.urls"))]))],
        [path("ws/", include("wsrouter.urls", namespace="sockets"))],
        [path("a/", include(([path("ws/", include("wsrouter.urls"))], "a")))],
        [path("ws/", view.endpoint)],
    ],
)
def test_a_url_of_the_endpoint_is_found(patterns: list[Any]) -> None:
    with urlconf(*patterns):
        assert found() == []


def test_an_endpoint_without_a_url() -> None:
    with urlconf(path("ws/", lambda request: None)):
        ((number, text),) = found(include_deployment_checks=True)
    assert number == "wsrouter.W021"
    assert "404" in text


def test_a_ws_module_without_a_router(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(shop, "router")
    apps_router.cache_clear()
    try:
        ((number, text),) = found()
        assert number == "wsrouter.W020"
        assert text.startswith("tests.project.shop.ws has no `router`")
        with configured(ROUTER="tests.django.test_checks.twins"):
            assert found() == []
    finally:
        apps_router.cache_clear()


def test_a_ws_module_whose_router_another_gateway_serves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shop, "named", shop.router, raising=False)
    monkeypatch.delattr(shop, "router")
    apps_router.cache_clear()
    other = {"ROUTER": "tests.project.shop.ws.named", "API_NAME": "b"}
    entries = {"default": {"API_NAME": "a"}, "other": other}
    try:
        with override_settings(WSROUTER=entries):
            assert found() == []
    finally:
        apps_router.cache_clear()
