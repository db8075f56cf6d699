"""Finds what cannot be published before the first call to AWS."""

from collections.abc import Iterator

from wsrouter.catalog.routes import ApiSpec
from wsrouter.catalog.snapshot import Snapshot
from wsrouter.errors import SyncError
from wsrouter.options.gateway import Gateway
from wsrouter.sync.aws_rules import violations
from wsrouter.wire import limits, secret


def validate(
    gateway: Gateway, spec: ApiSpec, snapshot: Snapshot, *, secret_needed: bool
) -> None:
    """Raise SyncError, with one line for each setting that cannot be published."""
    problems = [
        *_missing(gateway),
        *(_secret(gateway) if _maps_secret(gateway, secret_needed) else ()),
        *violations(gateway, spec, snapshot),
        *_route_count(snapshot),
    ]
    if problems:
        entry = f"WSROUTER[{gateway.alias!r}]"
        raise SyncError("\n".join(f"{entry}: {problem}" for problem in problems))


def _missing(gateway: Gateway) -> Iterator[str]:
    if not gateway.api_name and not gateway.api_id:
        yield "set API_NAME (or the API_ID of an existing API)."
    if not gateway.endpoint and not gateway.lambda_function:
        yield (
            "ENDPOINT is missing: the URL at which API Gateway reaches Django. (Django"
            " on AWS Lambda has LAMBDA instead.)"
        )
    if not _fits_a_header(gateway.alias):
        yield "the alias has characters that AWS cannot send in a header."


def _maps_secret(gateway: Gateway, secret_needed: bool) -> bool:
    """The events for a function have no secret: its permission is the proof."""
    return not gateway.lambda_function and bool(secret_needed or gateway.secrets)


def _secret(gateway: Gateway) -> Iterator[str]:
    if not gateway.secrets:
        yield "SECRET is missing: without it the endpoint refuses every request."
    elif not _fits_a_header(gateway.secrets[0]):
        yield "SECRET may contain only letters, digits and ._~+/=- (a rule of AWS)."
    elif len(gateway.secrets[0]) > limits.STATIC_VALUE_CHARACTERS:
        yield f"SECRET is longer than {limits.STATIC_VALUE_CHARACTERS} characters."
    elif not secret.is_strong(gateway.secrets[0]):
        yield (
            f"SECRET is weak: with fewer than {secret.STRONG_CHARACTERS} characters the"
            " endpoint refuses every request outside DEBUG. To make a strong one:"
            ' python -c "import secrets; print(secrets.token_urlsafe(48))"'
        )


def _fits_a_header(text: str) -> bool:
    """Whether every character of `text` may be in a static value of a mapping."""
    return bool(text) and secret.is_strong(text.ljust(secret.STRONG_CHARACTERS, "x"))


def _route_count(snapshot: Snapshot) -> Iterator[str]:
    if len(snapshot.routes) > limits.ROUTES_PER_API:
        yield (
            f"{len(snapshot.routes)} routes are more than the"
            f" {limits.ROUTES_PER_API} that API Gateway allows in an API; PUBLISH"
            ' "default" needs only one.'
        )
