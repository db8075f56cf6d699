"""Numbered system checks over the settings and the declared routes."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.db import router
from django.urls import get_resolver
from django.utils.module_loading import import_string
from pydantic import TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema

from wsrouter import conf
from wsrouter.catalog.build import build
from wsrouter.checks.configured import configured_gateways
from wsrouter.checks.endpoint_urls import has_endpoint
from wsrouter.errors import DeclarationError
from wsrouter.models import OpenConnection
from wsrouter.options.gateway import Gateway
from wsrouter.routing.route import Route
from wsrouter.routing.table import table
from wsrouter.sync.aws_rules import violations
from wsrouter.sync.wanted import unchecked_snapshot
from wsrouter.wire import limits, secret, selection
from wsrouter.wire.envelope import FLAT_SINCE
from wsrouter.wiring.routers import modules_without_router, root_router

GENERATE_COMMAND = 'python -c "import secrets; print(secrets.token_urlsafe(48))"'


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
    """E003: payloads that do not fit into a flat envelope."""
    return [
        Error(
            f"Route {route.key!r} of gateway {gateway.alias!r}: {why}",
            id="wsrouter.E003",
        )
        for gateway in _valid_gateways()
        if gateway.envelope == "flat"
        for route in _routes(gateway)
        for why in _flat_conflicts(route, gateway)
    ]


def check_secrets(**_: Any) -> list[CheckMessage]:
    """E004 (with --deploy): a gateway without a strong secret refuses every request.
    The events for a function have none."""
    return [
        Error(
            f"Gateway {gateway.alias!r} has no strong SECRET: it refuses every"
            " request.",
            hint=f"Use {secret.STRONG_CHARACTERS} or more characters of A-Z a-z 0-9 . _"
            f" ~ + / = -, for example from: {GENERATE_COMMAND}",
            id="wsrouter.E004",
        )
        for gateway in _valid_gateways()
        if not gateway.lambda_function
        and not any(map(secret.is_strong, gateway.secrets))
    ]


def check_route_count(**_: Any) -> list[CheckMessage]:
    """E012: more routes than an API can have (Developer Guide, "Quotas for configuring
    and running a WebSocket in API Gateway")."""
    return [
        Error(
            f"Gateway {gateway.alias!r} publishes {count} routes; an API can"
            f" have at most {limits.ROUTES_PER_API} (an API Gateway quota).",
            hint='"PUBLISH": "default" needs one route for all keys.',
            id="wsrouter.E012",
        )
        for gateway in _valid_gateways()
        if (count := _published_routes(gateway)) > limits.ROUTES_PER_API
    ]


def check_authentication(**_: Any) -> list[CheckMessage]:
    """E013: AUTHENTICATION, or the USER of AUTHORIZER, that cannot be used."""
    return [
        Error(f"Gateway {gateway.alias!r}: {why}", id="wsrouter.E013")
        for gateway in _valid_gateways()
        for why in _authentication_errors(gateway)
    ]


def check_user_database(**_: Any) -> list[CheckMessage]:
    """E023: users in another database than connections, which refer to them: the
    look-up of a message joins both tables."""
    user_model = get_user_model()
    users, connections = (
        router.db_for_write(model) for model in (user_model, OpenConnection)
    )
    if users == connections:
        return []
    return [
        Error(
            f"DATABASE_ROUTERS put {user_model._meta.label} into {users!r} and the"
            f" tables of wsrouter into {connections!r}: a connection refers to its user"
            " by a foreign key.",
            hint="Route the app 'wsrouter' to the database of the user model.",
            id="wsrouter.E023",
        )
    ]


def check_aws_rules(**_: Any) -> list[CheckMessage]:
    """E014: a value that AWS would refuse. Missing settings are not reported."""
    return [
        Error(f"Gateway {gateway.alias!r}: {why}", id="wsrouter.E014")
        for gateway in _valid_gateways()
        for why in _violations(gateway)
    ]


def check_ws_modules(**_: Any) -> list[CheckMessage]:
    """W020: `ws` modules in which nothing is served. A project in which every gateway
    has a ROUTER does not look for routers in them."""
    gateways = _valid_gateways()
    if all(gateway.router for gateway in gateways):
        return []
    others = [root_router(gateway) for gateway in gateways if gateway.router]
    return [
        checks.Warning(
            f"{name} has no `router`, so nothing in it is served.",
            hint="Name its Router `router`, include that in another one, or silence"
            " this check if the module is about something else.",
            id="wsrouter.W020",
        )
        for name in modules_without_router(others)
    ]


def check_endpoint_url(**_: Any) -> list[CheckMessage]:
    """W021: API Gateway gets 404 for everything, as no URL leads to the endpoint."""
    if not getattr(settings, "ROOT_URLCONF", "") or has_endpoint(get_resolver()):
        return []
    return [
        checks.Warning(
            "No URL leads to the endpoint, so Django answers 404 to API Gateway.",
            hint='Add path("ws/", include("wsrouter.urls")) to'
            f" {settings.ROOT_URLCONF}.",
            id="wsrouter.W021",
        )
    ]


def _violations(gateway: Gateway) -> Iterator[str]:
    spec = build(root_router(gateway))
    return violations(gateway, spec, unchecked_snapshot(gateway, spec))


def _published_routes(gateway: Gateway) -> int:
    named = len(_routes(gateway)) if gateway.publish == "routes" else 0
    return named + 2 + gateway.default_route


def _authentication_errors(gateway: Gateway) -> Iterator[str]:
    named = dict.fromkeys(gateway.authentication, "AUTHENTICATION")
    user = gateway.authorizer.user if gateway.authorizer else ""
    if "." in user:
        named[user] = "AUTHORIZER"
    elif user not in {"", "pk"} | _user_fields():
        yield f"AUTHORIZER: USER {user!r} is not a field of the user model."
    for path, setting in named.items():
        try:
            function = import_string(path)
        except ImportError as error:
            yield f"{setting}: {error}"
        else:
            if not callable(function):
                yield f"{setting}: {path} is not a function."


def _user_fields() -> set[str]:
    return {field.name for field in get_user_model()._meta.concrete_fields}


def _valid_gateways() -> list[Gateway]:
    """The gateways without an E001 or E002, which would only be reported again."""
    return [
        gateway
        for gateway in configured_gateways()
        if not list(_router_errors(gateway))
    ]


def _router_errors(gateway: Gateway) -> Iterator[Exception]:
    try:
        root_router(gateway)
    except (ImproperlyConfigured, DeclarationError) as error:
        yield error


def _routes(gateway: Gateway) -> list[Route]:
    mounted_routes = table(root_router(gateway)).routes.values()
    return [mounted.route for mounted in mounted_routes]


def _flat_conflicts(route: Route, gateway: Gateway) -> Iterator[str]:
    if route.signature.payload is ...:
        return
    key = selection.parse(gateway.route_selection_expression).key
    optional = {"null"} if route.signature.payload_default is not ... else set()
    for schema in _alternatives(route.signature.payload):
        if schema.get("type", "object") not in {"object"} | optional:
            yield "a flat envelope takes only payloads that are objects."
        for name in {key, "id", FLAT_SINCE} & set(schema.get("properties", ())):
            yield f"the payload's field {name!r} is also a field of the envelope."


def _alternatives(payload: Any) -> list[Mapping[str, Any]]:
    """The JSON schemas of which a payload matches at least one; empty when pydantic
    cannot write a schema."""
    try:
        schema = TypeAdapter(payload).json_schema()
    except PydanticInvalidForJsonSchema:
        return []
    definitions = schema.get("$defs", {})
    listed = schema.get("anyOf") or schema.get("oneOf") or [schema]
    return [
        definitions.get(choice["$ref"].rpartition("/")[2], choice)
        if "$ref" in choice
        else choice
        for choice in listed
    ]


CHECKS = (
    check_settings,
    check_flat_payloads,
    check_route_count,
    check_authentication,
    check_user_database,
    check_aws_rules,
    check_ws_modules,
    check_endpoint_url,
)
