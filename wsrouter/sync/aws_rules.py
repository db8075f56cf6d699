"""The settings that AWS would refuse: one sentence for each, in the words of the
settings.

The lengths are those of the API reference of Amazon API Gateway V2.
"""

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
"""AWS publishes no maximum for route keys; this is the one for API names."""
URI_CHARACTERS = 2048
MAX_TAGS = 50
TAG_KEY_CHARACTERS = 128
TAG_VALUE_CHARACTERS = 256
SCHEMA_CHARACTERS = 32 * 1024
_TAG_TEXT = re.compile(r"[\w .:/=+@-]+")
_STAGE_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")
_SOURCE = re.compile(r"'[ -&(-~]*'|(?:context|stageVariables)\.[A-Za-z0-9._$-]+")
_RESERVED_HEADERS = frozenset(
    name.lower() for name in (mapping.SECRET, mapping.GATEWAY)
) | frozenset((mapping.PREFIX + name).lower() for name in mapping.HEADERS)


def violations(gateway: Gateway, spec: ApiSpec, snapshot: Snapshot) -> Iterator[str]:
    """Every violation of AWS's rules, except for the secret, the number of routes and
    missing settings: `publishable` checks those."""
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
    if gateway.api_name and not _TAG_TEXT.fullmatch(gateway.api_name):
        yield (
            f"API_NAME {gateway.api_name!r} becomes a tag, which may contain only"
            " letters, digits, spaces and _.:/=+-@"
        )
    if not _STAGE_NAME.fullmatch(gateway.stage):
        yield (
            f"STAGE {gateway.stage!r} must have 1 to 128 letters, digits, '-' and '_'."
        )
    if gateway.authorizer and len(authorizer_name(gateway.alias)) > NAME_CHARACTERS:
        yield "the alias is too long: it becomes part of the authorizer's name."


def _endpoint(gateway: Gateway) -> Iterator[str]:
    if gateway.endpoint and not _is_http_url(gateway.endpoint):
        yield f"ENDPOINT {gateway.endpoint!r} must be an http:// or https:// URL."
    elif len(gateway.endpoint) > URI_CHARACTERS:
        yield f"ENDPOINT is longer than {URI_CHARACTERS} characters."
    if gateway.lambda_function and gateway.vpc_link:
        yield "VPC_LINK leads to an ENDPOINT; LAMBDA takes none."


def _is_http_url(address: str) -> bool:
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018  # raises for a malformed port
    except ValueError:
        return False
    is_plain = address.isascii() and address.isprintable() and " " not in address
    return parts.scheme in ("http", "https") and bool(parts.hostname) and is_plain


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
            yield f"HEADERS name {name!r} may contain only letters, digits and '-'."
        if (mapping.PREFIX + name).lower() in _RESERVED_HEADERS:
            yield f"HEADERS name {name!r} is reserved for wsrouter."
        too_long = len(source) > limits.STATIC_VALUE_CHARACTERS
        if not _SOURCE.fullmatch(source) or too_long:
            yield (
                f"HEADERS[{name!r}] must be context.<name>, stageVariables.<name> or a"
                f" quoted text of at most {limits.STATIC_VALUE_CHARACTERS} characters."
            )


def _tags(snapshot: Snapshot) -> Iterator[str]:
    tags = snapshot.api.tags
    if len(tags) > MAX_TAGS:
        yield f"TAGS: AWS takes at most {MAX_TAGS} tags, and wsrouter's own count too."
    for key, value in tags.items():
        if key == TAG:  # its value is API_NAME
            continue
        is_valid_key = _is_tag_text(key, TAG_KEY_CHARACTERS) and not key.startswith(
            "aws:"
        )
        if not is_valid_key or not _is_tag_text(value, TAG_VALUE_CHARACTERS):
            yield (
                f"TAGS: {key!r} must have 1 to {TAG_KEY_CHARACTERS} characters and not"
                f" start with 'aws:', and its value 1 to {TAG_VALUE_CHARACTERS}; both"
                " may contain only letters, digits, spaces and _.:/=+-@"
            )


def _is_tag_text(text: str, max_characters: int) -> bool:
    return bool(_TAG_TEXT.fullmatch(text)) and len(text) <= max_characters


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
        yield f"THROTTLING: {key!r} is not a published route."
    validated = gateway.validate_at_gateway
    known = {route.key for route in spec.routes}
    for key in sorted(set(validated if isinstance(validated, tuple) else ()) - known):
        yield f"VALIDATE_AT_GATEWAY: {key!r} is not a registered route."
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
        place = gateway.region or "the same Region"
        yield (
            f"DOMAIN: the certificate {gateway.domain.certificate} must be an ACM"
            f" certificate in {place}."
        )
