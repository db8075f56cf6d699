"""What AWS would refuse of what is set: one sentence for each, in the user's words."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from wsrouter.catalog.routes import ApiSpec
from wsrouter.catalog.snapshot import Snapshot
from wsrouter.options.gateway import Gateway
from wsrouter.sync.target import TAG, authorizer_name
from wsrouter.wire import limits, mapping, selection

NAME_CHARACTERS = 128
ROUTE_KEY_CHARACTERS = 128
"""AWS publishes no figure for route keys; this is the one it has for names."""
URI_CHARACTERS = 2048
TAGS = 50
TAG_KEY_CHARACTERS = 128
TAG_VALUE_CHARACTERS = 256
SCHEMA_CHARACTERS = 32 * 1024
_TAG = re.compile(r"[\w .:/=+@-]+")
_STAGE_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")
_SOURCE = re.compile(r"'[ -&(-~]*'|(?:context|stageVariables)\.[A-Za-z0-9._$-]+")
_TAKEN = frozenset(
    name.lower() for name in (mapping.SECRET, mapping.GATEWAY)
) | frozenset((mapping.PREFIX + name).lower() for name in mapping.HEADERS)


def refusals(gateway: Gateway, spec: ApiSpec, snapshot: Snapshot) -> Iterator[str]:
    """Everything but the secret, the number of routes and what is not set at all."""
    yield from _names(gateway)
    yield from _endpoint(gateway)
    yield from _timeout(gateway)
    yield from _selection(gateway)
    yield from _headers(gateway)
    yield from _tags(snapshot)
    yield from _routes(gateway, snapshot)
    yield from _options(gateway, spec, snapshot)
    yield from _certificate(gateway)


def _names(gateway: Gateway) -> Iterator[str]:
    if len(gateway.api_name) > NAME_CHARACTERS:
        yield f"API_NAME is longer than {NAME_CHARACTERS} characters."
    if gateway.api_name and not _TAG.fullmatch(gateway.api_name):
        yield (
            f"API_NAME {gateway.api_name!r} becomes a tag, which may only have letters,"
            " digits, spaces and _.:/=+-@"
        )
    if not _STAGE_NAME.fullmatch(gateway.stage):
        yield (
            f"STAGE {gateway.stage!r} must be 1 to 128 letters, digits, '-' and '_'."
        )
    if gateway.authorizer and len(authorizer_name(gateway.alias)) > NAME_CHARACTERS:
        yield "the alias is too long for the name of an authorizer."


def _endpoint(gateway: Gateway) -> Iterator[str]:
    if gateway.endpoint and not _is_web_address(gateway.endpoint):
        yield f"ENDPOINT {gateway.endpoint!r} must be an http:// or https:// URL."
    elif len(gateway.endpoint) > URI_CHARACTERS:
        yield f"ENDPOINT is longer than {URI_CHARACTERS} characters."


def _is_web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018  # raises for a port that is none
    except ValueError:
        return False
    plain = address.isascii() and address.isprintable() and " " not in address
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain


def _timeout(gateway: Gateway) -> Iterator[str]:
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
        if not _HEADER_NAME.fullmatch(name):
            yield f"HEADERS name {name!r} may only have letters, digits and '-'."
        if (mapping.PREFIX + name).lower() in _TAKEN:
            yield f"HEADERS name {name!r} is one of wsrouter's own."
        too_long = len(source) > limits.STATIC_VALUE_CHARACTERS
        if not _SOURCE.fullmatch(source) or too_long:
            yield (
                f"HEADERS[{name!r}] must be context.<name>, stageVariables.<name> or a"
                f" quoted text of at most {limits.STATIC_VALUE_CHARACTERS} characters."
            )


def _tags(snapshot: Snapshot) -> Iterator[str]:
    tags = snapshot.api.tags
    if len(tags) > TAGS:
        yield f"TAGS: AWS takes {TAGS} of them at most, wsrouter's own included."
    for key, value in tags.items():
        if key == TAG:  # its value is API_NAME
            continue
        right = _is_tag_text(key, TAG_KEY_CHARACTERS) and not key.startswith("aws:")
        if not right or not _is_tag_text(value, TAG_VALUE_CHARACTERS):
            yield (
                f"TAGS: {key!r} must have 1 to {TAG_KEY_CHARACTERS} characters and not"
                f" start with 'aws:', its value 1 to {TAG_VALUE_CHARACTERS}; both may"
                " only have letters, digits, spaces and _.:/=+-@"
            )


def _is_tag_text(text: str, longest: int) -> bool:
    return bool(_TAG.fullmatch(text)) and len(text) <= longest


def _routes(gateway: Gateway, snapshot: Snapshot) -> Iterator[str]:
    if gateway.publish == "default" and not gateway.default_route:
        yield 'PUBLISH "default" with DEFAULT_ROUTE False publishes no message route.'
    for key in snapshot.routes:
        if not 1 <= len(key) <= ROUTE_KEY_CHARACTERS:
            yield (
                f"the route key {key!r} must have 1 to {ROUTE_KEY_CHARACTERS}"
                " characters."
            )


def _options(gateway: Gateway, spec: ApiSpec, snapshot: Snapshot) -> Iterator[str]:
    throttled = gateway.throttling.routes if gateway.throttling else {}
    for key in sorted(set(throttled) - set(snapshot.routes)):
        yield f"THROTTLING: there is no published route {key!r}."
    asked = gateway.validate_at_gateway
    known = {route.key for route in spec.routes}
    for key in sorted(set(asked if isinstance(asked, tuple) else ()) - known):
        yield f"VALIDATE_AT_GATEWAY: there is no route {key!r}."
    for key, route in snapshot.routes.items():
        if route.model and len(snapshot.models[route.model].schema) > SCHEMA_CHARACTERS:
            yield (
                f"VALIDATE_AT_GATEWAY: the model of {key!r} has more than"
                f" {SCHEMA_CHARACTERS} characters; leave that route out."
            )


def _certificate(gateway: Gateway) -> Iterator[str]:
    if gateway.domain is None:
        return
    *_, service, region, _, _ = gateway.domain.certificate.split(":", 5)
    if service != "acm" or (gateway.region and region != gateway.region):
        where = gateway.region or "the same Region"
        yield (
            f"DOMAIN: the certificate {gateway.domain.certificate} must be one of ACM"
            f" in {where}."
        )
