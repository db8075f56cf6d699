"""The numbered checks of what the world, AWS and browsers will make of the settings."""

from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import override_settings

from tests.django.events import serving
from wsrouter import Router

SECRET = "x" * 32
ENDPOINT = "https://www.example.com/ws/"
URL = {"CLIENT_URL": "wss://ws.example.com"}
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/a"
PRINCIPAL = "context.authorizer.principalId"
LAMBDA = "arn:aws:lambda:eu-west-1:123456789012:function:let-in"
CACHES = "django.core.cache.backends."
REDIS = {"default": {"BACKEND": CACHES + "redis.RedisCache"}}
BY_HEADER = "tests.security.served.by_header"
no_function = 7


def messages(entry: dict[str, Any], *, deploy: bool = True, **settings: Any) -> Any:
    """Of each number, what it says of a project that would pass but for this."""
    sound = {
        "CACHES": REDIS,
        "SESSION_COOKIE_DOMAIN": "example.com",
        "WSROUTER": {"default": {"SECRET": SECRET, **URL, **domain(), **entry}},
    }
    with override_settings(**sound | settings):
        found = run_checks(tags=["wsrouter"], include_deployment_checks=deploy)
    return {message.id: message.msg for message in found}


def domain(name: str = "ws.example.com") -> dict[str, Any]:
    return {"DOMAIN": {"NAME": name, "CERTIFICATE": CERTIFICATE}}


def with_cache(backend: str) -> Any:
    return {"default": {"BACKEND": CACHES + backend}}


def test_a_sound_project_passes() -> None:
    assert messages({"ENDPOINT": ENDPOINT, "ALLOWED_ORIGINS": []}) == {}


def test_a_test_run_and_a_laptop_are_left_alone() -> None:
    """`manage.py test` runs the checks without `--deploy`."""
    careless = {
        "SECRET": "",
        "ENDPOINT": "http://localhost/ws",
        "ALLOWED_ORIGINS": ["*"],
        "CONNECT_THROTTLE": "9/m per ip",
        "DOMAIN": None,
        "SHARED_POSTS_PER_SECOND": 8000,
    }
    assert messages(careless, deploy=False, CACHES=with_cache("dummy.DummyCache")) == {}


def test_w031_a_function_without_the_id_of_its_api() -> None:
    """It needs no secret (E004), and its principals cannot be forged (W016)."""
    entry = {"LAMBDA": LAMBDA, "SECRET": "", "AUTHORIZER": {"FUNCTION": LAMBDA}}
    assert set(messages(entry)) == {"wsrouter.W031"}
    assert messages({**entry, "API_ID": "abc123defg"}) == {}


def test_w005_any_origin() -> None:
    (said,) = messages({"ALLOWED_ORIGINS": ["https://a.example", "*"]}).items()
    assert said[0] == "wsrouter.W005"
    assert "any website can connect" in said[1]


@pytest.mark.parametrize(
    "backend",
    [
        "locmem.LocMemCache",
        "dummy.DummyCache",
        "filebased.FileBasedCache",
        "db.DatabaseCache",
    ],
)
def test_e006_throttles_that_cannot_be_counted(backend: str) -> None:
    caches = with_cache(backend)
    router = Router()
    with serving(router):
        route = {"ROUTER": "tests.django.events.served"}
        assert "wsrouter.E006" not in messages(route, CACHES=caches)
        router.route("a", throttle="9/m")(lambda: None)
        said = messages(route, CACHES=caches)["wsrouter.E006"]
        assert "'default' has throttles" in said
        assert messages(route) == {}
    throttle = {"CONNECT_THROTTLE": ["9/m per ip"]}
    assert "wsrouter.E006" in messages(throttle, CACHES=caches)


def test_w007_tickets_that_cannot_be_counted(settings: Any) -> None:
    caches = with_cache("locmem.LocMemCache")
    assert set(messages({}, CACHES=caches)) == {"wsrouter.W007"}
    settings.ROOT_URLCONF = "django.contrib.auth.urls"
    assert set(messages({}, CACHES=caches)) == {"wsrouter.W021"}


@pytest.mark.parametrize(
    ("caches", "why"),
    [
        (with_cache("locmem.LocMemCache"), "every process has its own."),
        (with_cache("dummy.DummyCache"), "it keeps nothing."),
        (with_cache("db.DatabaseCache"), "it loses counts when several processes"),
        (with_cache("nowhere.Cache"), "Could not find backend"),
    ],
)
def test_e030_a_cache_that_cannot_count_posts(caches: Any, why: str) -> None:
    limit = {"SHARED_POSTS_PER_SECOND": 8000}
    assert "wsrouter.E030" not in messages({}, CACHES=caches)
    assert messages(limit) == {}
    said = messages(limit, CACHES=caches)["wsrouter.E030"]
    assert said.startswith("Gateway 'default' has SHARED_POSTS_PER_SECOND, and")
    assert f"in its SHARED_CACHE 'default': {why}" in said


def test_e030_a_cache_that_does_not_exist() -> None:
    limit = {"SHARED_POSTS_PER_SECOND": 8000, "SHARED_CACHE": "posts"}
    said = messages(limit)["wsrouter.E030"]
    assert "in its SHARED_CACHE 'posts': it is not in CACHES." in said
    assert messages(limit, CACHES={**REDIS, "posts": REDIS["default"]}) == {}


@pytest.mark.parametrize(
    "endpoint", ["http://www.example.com/ws/", "//www.example.com/ws/"]
)
def test_e008_an_endpoint_without_https(endpoint: str) -> None:
    assert (
        f"{endpoint!r} is not https"
        in messages({"ENDPOINT": endpoint})["wsrouter.E008"]
    )


@pytest.mark.parametrize(
    ("endpoint", "settings", "said"),
    [
        ("https://www.example.com/ws", {}, "APPEND_SLASH redirects it to /ws/"),
        (
            "http://www.example.com/ws/",
            {"SECURE_SSL_REDIRECT": True},
            "SECURE_SSL_REDIRECT",
        ),
        ("https://testserver/ws/", {"PREPEND_WWW": True}, "PREPEND_WWW"),
    ],
)
def test_e009_an_endpoint_that_is_redirected(
    endpoint: str, settings: Any, said: str
) -> None:
    assert said in messages({"ENDPOINT": endpoint}, **settings)["wsrouter.E009"]
    sound = messages({"ENDPOINT": ENDPOINT}, SECURE_SSL_REDIRECT=True, PREPEND_WWW=True)
    assert sound == {}
    assert "wsrouter.E009" not in messages({"ENDPOINT": endpoint}, APPEND_SLASH=False)


def test_e009_below_a_url_prefix() -> None:
    for prefix in ("/below", "/below/"):
        below = {"FORCE_SCRIPT_NAME": prefix}
        redirected = {"ENDPOINT": "https://www.example.com/below/ws"}
        assert "to /below/ws/" in messages(redirected, **below)["wsrouter.E009"]
        sound = {"ENDPOINT": "https://www.example.com/below/ws/"}
        assert messages(sound, **below) == {}


class UsersElsewhere:
    """A database router that puts users into another database."""

    def db_for_write(self, model: Any, **_: Any) -> str | None:
        return "users" if model._meta.app_label == "auth" else None


class ReadReplicas:
    def db_for_read(self, model: Any, **_: Any) -> str | None:
        return "replica"


def test_e023_users_in_another_database() -> None:
    routers = ["tests.django.test_deployment_checks.UsersElsewhere"]
    found = messages({}, deploy=False, DATABASE_ROUTERS=routers)
    assert "auth.User into 'users'" in found["wsrouter.E023"]
    assert "wsrouter into 'default'" in found["wsrouter.E023"]
    replicas = ["tests.django.test_deployment_checks.ReadReplicas"]
    assert messages({}, deploy=False, DATABASE_ROUTERS=replicas) == {}


def test_e010_a_host_that_django_does_not_know() -> None:
    there = {"ENDPOINT": "https://elsewhere.example/ws/"}
    assert "is not in ALLOWED_HOSTS" in messages(there)["wsrouter.E010"]
    for hosts in (["*"], [".example"], ["ELSEWHERE.example"]):
        assert messages(there, ALLOWED_HOSTS=hosts) == {}
    assert messages({"ENDPOINT": "https://www.example.com:443/ws/"}) == {}


@pytest.mark.parametrize(
    ("entry", "shared", "said"),
    [
        ({"DOMAIN": None}, "example.com", "an execute-api host"),
        ({}, None, "for the page's own host only"),
        ({}, "www.example.com", "'www.example.com' does not cover 'ws.example.com'"),
        (domain("ws.badexample.com"), "example.com", "does not cover"),
    ],
)
def test_w011_cookies_that_no_handshake_carries(
    entry: Any, shared: str | None, said: str
) -> None:
    (found,) = messages(entry, SESSION_COOKIE_DOMAIN=shared).items()
    assert found[0] == "wsrouter.W011"
    assert said in found[1]


@pytest.mark.parametrize(
    "entry",
    [
        {"AUTHENTICATION": [BY_HEADER]},
        {"AUTHORIZER": {"FUNCTION": LAMBDA}, "HEADERS": {"Who-" + "x" * 20: PRINCIPAL}},
    ],
)
def test_w011_is_not_for_who_has_other_ways(entry: Any) -> None:
    assert messages({"DOMAIN": None} | entry) == {}
    assert messages({"DOMAIN": None}, MIDDLEWARE=[]) == {}
    for shared in (".example.com", "ws.example.com"):
        assert messages({}, SESSION_COOKIE_DOMAIN=shared) == {}


def test_w025_pages_do_not_know_the_url() -> None:
    unknown = {"CLIENT_URL": None, "DOMAIN": None, "AUTHENTICATION": [BY_HEADER]}
    for debug in (False, True):
        (said,) = messages(unknown | {"API_NAME": "shop"}, DEBUG=debug).items()
        assert said[0] == "wsrouter.W025"
        assert "Set WSROUTER['default']['CLIENT_URL'] to the URL" in said[1]
    assert messages(unknown | {"API_ID": "abc123", "REGION": "eu-west-1"}) == {}
    assert messages(unknown | domain()) == {}


def test_e012_more_routes_than_an_api_can_have() -> None:
    router, options = Router(), {"ROUTER": "tests.django.events.served"}
    for number in range(297):
        router.route(f"r{number}")(lambda: None)
    with serving(router):
        assert messages(options, deploy=False) == {}
        router.route("one.more")(lambda: None)
        said = messages(options, deploy=False)
        assert "publishes 301 routes" in said["wsrouter.E012"]
        assert messages(options | {"PUBLISH": "default"}, deploy=False) == {}
        assert messages(options | {"DEFAULT_ROUTE": False}, deploy=False) == {}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"AUTHENTICATION": ["nowhere.who"]}, "AUTHENTICATION: No module named"),
        (
            {"AUTHENTICATION": ["tests.django.test_deployment_checks.no_function"]},
            "is not a function",
        ),
        (
            {"AUTHORIZER": {"FUNCTION": LAMBDA, "USER": "nick"}},
            "USER 'nick' is not a field",
        ),
        (
            {"AUTHORIZER": {"FUNCTION": LAMBDA, "USER": "no.where"}},
            "AUTHORIZER: No mod",
        ),
    ],
)
def test_e013_who_connects_cannot_be_found_out(entry: Any, said: str) -> None:
    assert said in messages(entry, deploy=False)["wsrouter.E013"]
    for user in ("", "pk", "email", "tests.security.served.by_name"):
        sound = {"AUTHORIZER": {"FUNCTION": LAMBDA, "USER": user}}
        assert messages(sound, deploy=False) == {}


@pytest.mark.parametrize(
    "headers", [{}, {"Who": PRINCIPAL}, {"Who-" + "x" * 20: "context.stage"}]
)
def test_w016_a_principal_that_may_be_the_clients(headers: dict[str, str]) -> None:
    entry = {"AUTHORIZER": {"FUNCTION": LAMBDA}, "HEADERS": headers}
    assert "clients can send the header themselves" in messages(entry)["wsrouter.W016"]
    assert messages(entry, deploy=False) == {}
    assert "wsrouter.W016" not in messages({"HEADERS": headers})


def test_w017_posts_to_a_host_that_is_disabled() -> None:
    host = "https://abc.execute-api.eu-west-1.amazonaws.com/production"
    only = {"DOMAIN": {**domain()["DOMAIN"], "DISABLE_EXECUTE_API_ENDPOINT": True}}
    entry = {**only, "MANAGEMENT_ENDPOINT": host}
    warning = messages(entry)["wsrouter.W017"]
    assert "DISABLE_EXECUTE_API_ENDPOINT in DOMAIN disables" in warning
    assert messages(entry, deploy=False) == {}
    assert messages(only) == {}
    assert messages({"MANAGEMENT_ENDPOINT": host}) == {}
    elsewhere = {**only, "MANAGEMENT_ENDPOINT": "https://ws.example.com"}
    assert messages(elsewhere) == {}


def test_what_is_wrong_already_is_not_said_twice() -> None:
    assert set(messages({"ENPOINT": "x"})) == {"wsrouter.E001"}
    assert set(messages({"ROUTER": "nowhere.router"})) == {"wsrouter.E002"}


def test_w019_nothing_carries_out_large_sends() -> None:
    """Only where there is something to send."""
    silent, router = Router(), Router()
    router.event("news", str)
    with serving(silent):
        assert "wsrouter.W019" not in _of_the_router()
    with serving(router):
        text = _of_the_router(SEND_SECONDS=5)["wsrouter.W019"]
        assert "'default'" in text
        assert "SEND_SECONDS (5 s)" in text
        assert "wsrouter.W019" not in _of_the_router(BACKGROUND="celery")


def _of_the_router(**entry: Any) -> dict[str, str]:
    return messages({"ROUTER": "tests.django.events.served", **entry})  # type: ignore[no-any-return]


def test_w022_a_path_that_is_not_that_of_the_endpoint() -> None:
    found = messages({"ENDPOINT": "https://www.example.com/sockets/"})
    assert "does not lead to the endpoint" in found["wsrouter.W022"]
    assert messages({"ENDPOINT": ENDPOINT}) == {}
    behind = {"ENDPOINT": "https://www.example.com/shop/ws/"}
    assert set(messages(behind)) == {"wsrouter.W022"}
    assert messages(behind, FORCE_SCRIPT_NAME="/shop") == {}
    no_slash = {"ENDPOINT": "https://www.example.com/ws"}
    assert set(messages(no_slash)) == {"wsrouter.E009"}
    assert set(messages(no_slash, APPEND_SLASH=False)) == {"wsrouter.W022"}
