"""Numbered system checks over the settings and the declared routes."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from pydantic import TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema

from wsrouter import conf
from wsrouter.catalog.build import build
from wsrouter.errors import DeclarationError
from wsrouter.options.gateway import Gateway
from wsrouter.routing.route import Route
from wsrouter.routing.table import table
from wsrouter.sync.aws_rules import refusals
from wsrouter.sync.wanted import unchecked
from wsrouter.wire import limits, secret, selection
from wsrouter.wiring.routers import root_router

MAKE_ONE = 'python -c "import secrets; print(secrets.token_urlsafe(48))"'


def check_settings(**_: Any) -> list[CheckMessage]:
    """E001: the WSROUTER setting; E002: the ROUTER of a gateway."""
    try:
        gateways = conf.gateways()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="wsrouter.E001")]
    return [
        Error(str(error), id="wsrouter.E002")
        for gateway in gateways.values()
        for error in _router_errors(gateway)
    ]


def check_flat_payloads(**_: Any) -> list[CheckMessage]:
    """E003: payloads that cannot travel in a flat envelope."""
    return [
        Error(
            f"Route {route.key!r} of gateway {gateway.alias!r}: {why}",
            id="wsrouter.E003",
        )
        for gateway in _sound_gateways()
        if gateway.envelope == "flat"
        for route in _routes(gateway)
        for why in _flat_conflicts(route, gateway)
    ]


def check_secrets(**_: Any) -> list[CheckMessage]:
    """E004 (with --deploy): a gateway without a strong secret answers nothing."""
    return [
        Error(
            f"Gateway {gateway.alias!r} has no strong SECRET: it answers nothing.",
            hint=f"{secret.STRONG_CHARACTERS} or more of A-Z a-z 0-9 . _ ~ + / = - will"
            f" do: {MAKE_ONE}",
            id="wsrouter.E004",
        )
        for gateway in _sound_gateways()
        if not any(map(secret.is_strong, gateway.secrets))
    ]


def check_numbers(**_: Any) -> list[CheckMessage]:
    """E012: more routes than an API can have."""
    return [
        Error(
            f"Gateway {gateway.alias!r} publishes {count} routes; an API has"
            f" {limits.ROUTES_PER_API} at most (API Gateway quota).",
            hint='"PUBLISH": "default" needs one route for all of them.',
            id="wsrouter.E012",
        )
        for gateway in _sound_gateways()
        if (count := _published(gateway)) > limits.ROUTES_PER_API
    ]


def check_authentication(**_: Any) -> list[CheckMessage]:
    """E013: AUTHENTICATION, or the USER of AUTHORIZER, that cannot be used."""
    return [
        Error(f"Gateway {gateway.alias!r}: {why}", id="wsrouter.E013")
        for gateway in _sound_gateways()
        for why in _authentication_errors(gateway)
    ]


def check_refusals(**_: Any) -> list[CheckMessage]:
    """E014: a value that AWS would refuse. What is not set yet is none."""
    return [
        Error(f"Gateway {gateway.alias!r}: {why}", id="wsrouter.E014")
        for gateway in _sound_gateways()
        for why in _refusals(gateway)
    ]


def _refusals(gateway: Gateway) -> Iterator[str]:
    spec = build(root_router(gateway))
    return refusals(gateway, spec, unchecked(gateway, spec))


def _published(gateway: Gateway) -> int:
    named = len(_routes(gateway)) if gateway.publish == "routes" else 0
    return named + 2 + gateway.default_route


def _authentication_errors(gateway: Gateway) -> Iterator[str]:
    named = dict.fromkeys(gateway.authentication, "AUTHENTICATION")
    user = gateway.authorizer.user if gateway.authorizer else ""
    if "." in user:
        named[user] = "AUTHORIZER"
    elif user not in {"", "pk"} | _user_fields():
        yield f"AUTHORIZER: USER {user!r} is no field of the user model."
    for path, setting in named.items():
        try:
            function = import_string(path)
        except ImportError as error:
            yield f"{setting}: {error}"
        else:
            if not callable(function):
                yield f"{setting}: {path} is no function."


def _user_fields() -> set[str]:
    return {each.name for each in get_user_model()._meta.concrete_fields}


def _sound_gateways() -> list[Gateway]:
    """What E001 and E002 report is not reported again."""
    try:
        gateways = conf.gateways().values()
    except ImproperlyConfigured:
        return []
    return [each for each in gateways if not list(_router_errors(each))]


def _router_errors(gateway: Gateway) -> Iterator[Exception]:
    try:
        root_router(gateway)
    except (ImproperlyConfigured, DeclarationError) as error:
        yield error


def _routes(gateway: Gateway) -> list[Route]:
    return [each.route for each in table(root_router(gateway)).routes.values()]


def _flat_conflicts(route: Route, gateway: Gateway) -> Iterator[str]:
    if route.signature.payload is ...:
        return
    key = selection.parse(gateway.route_selection_expression).key
    optional = {"null"} if route.signature.payload_default is not ... else set()
    for schema in _alternatives(route.signature.payload):
        if schema.get("type", "object") not in {"object"} | optional:
            yield "a flat envelope takes payloads that are objects only."
        for name in {key, "id"} & set(schema.get("properties", ())):
            yield f"the payload's field {name!r} is the envelope's own."


def _alternatives(payload: Any) -> list[Mapping[str, Any]]:
    """The JSON schemas one of which a payload fulfils; none when pydantic has none."""
    try:
        schema = TypeAdapter(payload).json_schema()
    except PydanticInvalidForJsonSchema:
        return []
    definitions = schema.get("$defs", {})
    listed = schema.get("anyOf") or schema.get("oneOf") or [schema]
    return [
        definitions.get(each["$ref"].rpartition("/")[2], each)
        if "$ref" in each
        else each
        for each in listed
    ]


CHECKS = (
    check_settings,
    check_flat_payloads,
    check_numbers,
    check_authentication,
    check_refusals,
)
