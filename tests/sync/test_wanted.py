"""From settings and routes to the snapshot that is wanted."""

from typing import Any

import pytest

from tests.sync.bench import OTHER_SECRET, SECRET, a_gateway, a_spec
from tests.sync.test_options import AUTHORIZER
from wsrouter.catalog.routes import ApiSpec
from wsrouter.catalog.snapshot import CONNECT, DEFAULT, DISCONNECT, RouteEntry
from wsrouter.errors import SyncError
from wsrouter.options import publishing
from wsrouter.options.gateway import Gateway
from wsrouter.sync.wanted import unchecked_snapshot, wanted_snapshot
from wsrouter.wire import mapping


def a_domain(region: str, service: str = "acm") -> publishing.DomainOption:
    certificate = f"arn:aws:{service}:{region}:123456789012:certificate/1"
    return publishing.domain({"NAME": "ws.example.com", "CERTIFICATE": certificate})


def test_the_api() -> None:
    api = wanted_snapshot(
        a_gateway(api_name="shop", tags={"team": "a"}), a_spec("orders.watch")
    ).api

    assert api.name == "shop"
    assert api.route_selection_expression == "$request.body.action"
    assert api.tags == {"team": "a", "wsrouter:gateway": "shop"}


def test_an_api_found_by_id_keeps_its_name_and_tags() -> None:
    api = wanted_snapshot(a_gateway(api_name="", api_id="abc"), a_spec()).api

    assert (api.name, api.tags) == ("", {})


def test_the_integration() -> None:
    gateway = a_gateway(alias="chat", secrets=(SECRET, OTHER_SECRET), timeout=2.5)
    integration = wanted_snapshot(gateway, a_spec()).integration

    assert integration.description == "wsrouter:chat"
    assert integration.uri == "https://www.example.com/ws/"
    assert integration.timeout_millis == 2500
    assert integration.request_parameters == mapping.request_parameters(
        alias="chat", secret=SECRET
    )


def test_the_routes() -> None:
    routes = wanted_snapshot(a_gateway(), a_spec("a", "b")).routes

    assert list(routes) == [CONNECT, DISCONNECT, DEFAULT, "a", "b"]
    assert routes[CONNECT] == RouteEntry(key=CONNECT)
    assert routes[DISCONNECT] == RouteEntry(key=DISCONNECT)
    for key in (DEFAULT, "a", "b"):
        assert routes[key] == RouteEntry(key=key, two_way=True, has_response=True)


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({"default_route": False}, [CONNECT, DISCONNECT, "a", "wsrouter.ping"]),
        ({"publish": "default"}, [CONNECT, DISCONNECT, DEFAULT]),
    ],
)
def test_fewer_routes(changes: dict[str, Any], keys: list[str]) -> None:
    assert list(wanted_snapshot(a_gateway(**changes), a_spec("a")).routes) == keys


def test_replies_through_the_connection_need_no_route_response() -> None:
    routes = wanted_snapshot(a_gateway(reply_via="connection"), a_spec("a")).routes

    assert not any(route.two_way or route.has_response for route in routes.values())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"api_name": ""}, "set API_NAME"),
        ({"api_name": "x" * 129}, "API_NAME is longer"),
        ({"endpoint": ""}, "ENDPOINT is missing"),
        ({"endpoint": "www.example.com/ws/"}, "'www.example.com/ws/' must be an http"),
        ({"endpoint": "ftp://example.com/"}, "must be an http"),
        ({"endpoint": "https:///ws/"}, "must be an http"),
        ({"endpoint": "https://exa mple.com/"}, "must be an http"),
        ({"endpoint": "https://[broken/"}, "must be an http"),
        ({"endpoint": "https://example.com/" + "x" * 2048}, "ENDPOINT is longer"),
        ({"secrets": ()}, "SECRET is missing"),
        ({"secrets": ("it's",)}, "SECRET may contain only"),
        ({"secrets": ("ключ" * 10,)}, "SECRET may contain only"),
        ({"secrets": ("x" * 511,)}, "SECRET is longer than 510"),
        ({"secrets": ("short",)}, "SECRET is weak"),
        ({"stage": "$default"}, r"STAGE '\$default'"),
        ({"stage": "a b"}, "STAGE 'a b'"),
        ({"timeout": 30.0}, "TIMEOUT must be 0.05 to 29.0"),
        ({"route_selection_expression": "$context.x"}, "ROUTE_SELECTION_EXPRESSION"),
        ({"route_selection_expression": ""}, "ROUTE_SELECTION_EXPRESSION is empty"),
        ({"headers": {"a_b": "context.stage"}}, "HEADERS name 'a_b'"),
        ({"headers": {"secret": "context.stage"}}, "'secret' is reserved for wsrouter"),
        ({"headers": {"connection-id": "context.x"}}, "is reserved for wsrouter"),
        ({"headers": {"A": "$context.stage"}}, r"HEADERS\['A'\] must be context"),
        ({"headers": {"A": "'it's'"}}, r"HEADERS\['A'\] must be context"),
        ({"tags": {"aws:x": "y"}}, "TAGS: 'aws:x'"),
        ({"tags": {"x": "y" * 257}}, "TAGS: 'x'"),
        ({"tags": {"x": ""}}, "TAGS: 'x'"),
        ({"tags": {"x": "${y}"}}, "TAGS: 'x'"),
        ({"api_name": "shop!"}, "API_NAME 'shop!' becomes a tag"),
        ({"stage": "beta\n"}, "STAGE 'beta"),
        ({"headers": {"A": "'\n'"}}, r"HEADERS\['A'\] must be context"),
        ({"domain": a_domain("us-east-1")}, "must be an ACM certificate in eu-west-1"),
        ({"domain": a_domain("eu-west-1", "iam")}, "must be an ACM certificate"),
        ({"alias": "a" * 120, "authorizer": AUTHORIZER}, "the alias is too long"),
        ({"tags": {str(n): "" for n in range(50)}}, "TAGS: AWS takes at most 50"),
        ({"alias": "it's"}, "the alias has characters"),
        ({"publish": "default", "default_route": False}, "no message route"),
    ],
)
def test_what_aws_would_refuse(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(SyncError, match=words) as caught:
        wanted_snapshot(a_gateway(**changes), a_spec("a"))
    assert str(caught.value).startswith("WSROUTER[")
    for secret in changes.get("secrets", ()):
        assert secret not in str(caught.value)


def test_too_many_routes() -> None:
    keys = [f"route.{number}" for number in range(298)]

    with pytest.raises(SyncError, match=r"301 routes .* 300"):
        wanted_snapshot(a_gateway(), a_spec(*keys))
    assert wanted_snapshot(a_gateway(), a_spec(*keys[:-1]))
    assert wanted_snapshot(a_gateway(publish="default"), a_spec(*keys))


def test_a_long_route_key() -> None:
    with pytest.raises(SyncError, match=r"route key 'x+'"):
        wanted_snapshot(a_gateway(), a_spec("x" * 129))


def test_every_problem_is_named() -> None:
    with pytest.raises(SyncError) as caught:
        wanted_snapshot(Gateway(alias="chat"), ApiSpec())
    text = str(caught.value)
    assert all(word in text for word in ("API_NAME", "ENDPOINT", "SECRET"))
    assert text.count("WSROUTER['chat']: ") == 3


def test_unchecked_takes_anything() -> None:
    snapshot = unchecked_snapshot(Gateway(alias="chat"), ApiSpec())

    assert snapshot.api.name == "chat"
    assert snapshot.integration.uri == ""
