"""What cannot be published, found before the first call."""

from collections.abc import Iterator

from wsrouter.catalog.routes import ApiSpec
from wsrouter.catalog.snapshot import Snapshot
from wsrouter.errors import SyncError
from wsrouter.options.gateway import Gateway
from wsrouter.sync.aws_rules import refusals
from wsrouter.wire import limits, secret


def validate(
    gateway: Gateway, spec: ApiSpec, snapshot: Snapshot, *, secret_needed: bool
) -> None:
    """Raise SyncError with one sentence for each thing that cannot be published."""
    problems = [
        *_missing(gateway),
        *(_secret(gateway) if secret_needed or gateway.secrets else ()),
        *refusals(gateway, spec, snapshot),
        *_number(snapshot),
    ]
    if problems:
        where = f"WSROUTER[{gateway.alias!r}]"
        raise SyncError("\n".join(f"{where}: {problem}" for problem in problems))


def _missing(gateway: Gateway) -> Iterator[str]:
    if not gateway.api_name and not gateway.api_id:
        yield "set API_NAME (or the API_ID of an existing API)."
    if not gateway.endpoint:
        yield "ENDPOINT is missing: the URL at which API Gateway reaches Django."
    if not _is_carried(gateway.alias):
        yield "the alias has characters that AWS does not carry in a header."


def _secret(gateway: Gateway) -> Iterator[str]:
    if not gateway.secrets:
        yield "SECRET is missing: without it the endpoint refuses every request."
    elif not _is_carried(gateway.secrets[0]):
        yield "SECRET may only have letters, digits and ._~+/=- (AWS carries no more)."
    elif len(gateway.secrets[0]) > limits.STATIC_VALUE_CHARACTERS:
        yield f"SECRET is longer than {limits.STATIC_VALUE_CHARACTERS} characters."
    elif not secret.is_strong(gateway.secrets[0]):
        yield (
            f"SECRET is weak: with fewer than {secret.STRONG_CHARACTERS} characters the"
            " endpoint refuses every request outside DEBUG. This makes a strong one:"
            ' python -c "import secrets; print(secrets.token_urlsafe(48))"'
        )


def _is_carried(text: str) -> bool:
    """Whether `text` has only characters that a static mapped value may have."""
    return bool(text) and secret.is_strong(text.ljust(secret.STRONG_CHARACTERS, "x"))


def _number(snapshot: Snapshot) -> Iterator[str]:
    if len(snapshot.routes) > limits.ROUTES_PER_API:
        yield (
            f"{len(snapshot.routes)} routes are more than API Gateway's"
            f' {limits.ROUTES_PER_API} per API; PUBLISH "default" needs only one.'
        )
