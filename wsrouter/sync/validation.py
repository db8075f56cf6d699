"""What AWS would refuse, found before the first call and said in the user's words."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from wsrouter.errors import SyncError
from wsrouter.spec.gateway import Gateway
from wsrouter.spec.model import ApiSpec
from wsrouter.spec.snapshot import Snapshot
from wsrouter.wire import limits, mapping, secret, selection

NAME_CHARACTERS = 128
ROUTE_KEY_CHARACTERS = 128
"""AWS publishes no figure for route keys; this is the one it has for names."""
URI_CHARACTERS = 2048
TAGS = 50
SCHEMA_CHARACTERS = 32 * 1024
_STAGE_NAME = re.compile(r"^[A-Za-z0-9_-]{1,128}$")
_HEADER_NAME = re.compile(r"^[A-Za-z0-9-]+$")
_SOURCE = re.compile(r"^(?:'[^']*'|(?:context|stageVariables)\.[A-Za-z0-9._$-]+)$")
_TAKEN = frozenset(
    name.lower() for name in (mapping.SECRET, mapping.GATEWAY)
) | frozenset((mapping.PREFIX + name).lower() for name in mapping.HEADERS)


def validate(
    gateway: Gateway, spec: ApiSpec, snapshot: Snapshot, *, secret_needed: bool
) -> None:
    """Raise SyncError with one sentence for each thing that cannot be published."""
    problems = [
        *_names(gateway),
        *_endpoint(gateway),
        *(_secret(gateway) if secret_needed or gateway.secrets else ()),
        *_integration(gateway),
        *_selection(gateway),
        *_headers(gateway),
        *_tags(snapshot),
        *_routes(gateway, snapshot),
        *_options(gateway, spec, snapshot),
    ]
    if problems:
        where = f"WSROUTER[{gateway.alias!r}]"
        raise SyncError("\n".join(f"{where}: {problem}" for problem in problems))


def _names(gateway: Gateway) -> Iterator[str]:
    if not gateway.api_name and not gateway.api_id:
        yield "set API_NAME (or the API_ID of an existing API)."
    if len(gateway.api_name) > NAME_CHARACTERS:
        yield f"API_NAME is longer than {NAME_CHARACTERS} characters."
    if not _STAGE_NAME.match(gateway.stage):
        yield (
            f"STAGE {gateway.stage!r} must be 1 to 128 letters, digits, '-' and '_'."
        )
    if not _carried(gateway.alias):
        yield "the alias has characters that AWS does not carry in a header."


def _endpoint(gateway: Gateway) -> Iterator[str]:
    if not gateway.endpoint:
        yield "ENDPOINT is missing: the URL at which API Gateway reaches Django."
    elif not _is_web_address(gateway.endpoint):
        yield f"ENDPOINT {gateway.endpoint!r} must be an http:// or https:// URL."
    elif len(gateway.endpoint) > URI_CHARACTERS:
        yield f"ENDPOINT is longer than {URI_CHARACTERS} characters."


def _is_web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    plain = address.isascii() and address.isprintable() and " " not in address
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain


def _secret(gateway: Gateway) -> Iterator[str]:
    if not gateway.secrets:
        yield "SECRET is missing: without it the endpoint refuses every request."
    elif not _carried(gateway.secrets[0]):
        yield "SECRET may only have letters, digits and ._~+/=- (AWS carries no more)."
    elif len(gateway.secrets[0]) > limits.STATIC_VALUE_CHARACTERS:
        yield f"SECRET is longer than {limits.STATIC_VALUE_CHARACTERS} characters."
    elif not secret.is_strong(gateway.secrets[0]):
        yield (
            f"SECRET is weak: with fewer than {secret.STRONG_CHARACTERS} characters the"
            " endpoint refuses every request outside DEBUG."
        )


def _carried(text: str) -> bool:
    """Whether `text` has only characters that a static mapped value may have."""
    return bool(text) and secret.is_strong(text.ljust(secret.STRONG_CHARACTERS, "x"))


def _integration(gateway: Gateway) -> Iterator[str]:
    low, high = (
        limits.INTEGRATION_TIMEOUT_MINIMUM_SECONDS,
        limits.INTEGRATION_TIMEOUT_SECONDS,
    )
    if not low <= gateway.timeout <= high:
        yield f"TIMEOUT must be {low} to {high} seconds, not {gateway.timeout}."


def _selection(gateway: Gateway) -> Iterator[str]:
    try:
        selection.parse(gateway.route_selection_expression)
    except ValueError as error:
        yield f"ROUTE_SELECTION_EXPRESSION: {error}"
    if not gateway.route_selection_expression:
        yield "ROUTE_SELECTION_EXPRESSION is empty."


def _headers(gateway: Gateway) -> Iterator[str]:
    for name, source in gateway.headers.items():
        if not _HEADER_NAME.match(name):
            yield f"HEADERS name {name!r} may only have letters, digits and '-'."
        if (mapping.PREFIX + name).lower() in _TAKEN:
            yield f"HEADERS name {name!r} is one of wsrouter's own."
        if not _SOURCE.match(source) or len(source) > limits.STATIC_VALUE_CHARACTERS:
            yield (
                f"HEADERS[{name!r}] must be context.<name>, stageVariables.<name> or a"
                f" quoted text of at most {limits.STATIC_VALUE_CHARACTERS} characters."
            )


def _tags(snapshot: Snapshot) -> Iterator[str]:
    tags = snapshot.api.tags
    if len(tags) > TAGS:
        yield f"TAGS: AWS takes {TAGS} of them at most, wsrouter's own included."
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or key.startswith("aws:") or len(value) > 256:
            yield (
                f"TAGS: {key!r} must have 1 to 128 characters, not start with 'aws:',"
                " and its value must have at most 256."
            )


def _routes(gateway: Gateway, snapshot: Snapshot) -> Iterator[str]:
    if gateway.publish == "default" and not gateway.default_route:
        yield 'PUBLISH "default" with DEFAULT_ROUTE False publishes no message route.'
    if len(snapshot.routes) > limits.ROUTES_PER_API:
        yield (
            f"{len(snapshot.routes)} routes are more than API Gateway's"
            f' {limits.ROUTES_PER_API} per API; PUBLISH "default" needs only one.'
        )
    for key in snapshot.routes:
        if not 1 <= len(key) <= ROUTE_KEY_CHARACTERS:
            yield (
                f"the route key {key!r} must have 1 to {ROUTE_KEY_CHARACTERS}"
                " characters."
            )


def _options(gateway: Gateway, spec: ApiSpec, snapshot: Snapshot) -> Iterator[str]:
    throttled = gateway.throttling.routes if gateway.throttling else {}
    for key in set(throttled) - set(snapshot.routes):
        yield f"THROTTLING: there is no published route {key!r}."
    asked = gateway.validate_at_gateway
    for key in set(asked if isinstance(asked, tuple) else ()) - {
        route.key for route in spec.routes
    }:
        yield f"VALIDATE_AT_GATEWAY: there is no route {key!r}."
    for key, route in snapshot.routes.items():
        if route.model and len(snapshot.models[route.model].schema) > SCHEMA_CHARACTERS:
            yield (
                f"VALIDATE_AT_GATEWAY: the model of {key!r} has more than"
                f" {SCHEMA_CHARACTERS} characters; leave that route out."
            )
