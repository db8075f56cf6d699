"""Which URLs of the project lead to the endpoint."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import Resolver404, URLResolver, resolve

_APP_NAME = "wsrouter"
_VIEW = "wsrouter.endpoint.view.endpoint"


def has_endpoint(resolver: URLResolver) -> bool:
    """Whether a URL below the resolver leads to the endpoint, in whatever namespace."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name == _APP_NAME or has_endpoint(pattern):
                return True
        elif pattern.lookup_str == _VIEW:
            return True
    return False


def leads_to_endpoint(path: str) -> bool:
    """Whether Django answers this path with the endpoint."""
    try:
        match = resolve(path)
    except Resolver404:
        return False
    return (match.app_names[-1:] == [_APP_NAME] and match.url_name == "endpoint") or (
        match._func_path == _VIEW
    )


def is_known_path(endpoint: str) -> bool:
    """Whether Django answers the path, or redirects it (which is E009)."""
    path = _without_prefix(urlsplit(endpoint).path or "/")
    return leads_to_endpoint(path) or _needs_slash(path)


def redirects(endpoint: str) -> Iterator[str]:
    """Why Django would redirect a post to the endpoint."""
    url = urlsplit(endpoint)
    if url.scheme == "http" and settings.SECURE_SSL_REDIRECT:
        yield "SECURE_SSL_REDIRECT redirects it to https"
    if settings.PREPEND_WWW and not url.netloc.startswith("www."):
        yield "PREPEND_WWW redirects it to another host"
    path = _without_prefix(url.path or "/")
    if (
        settings.APPEND_SLASH
        and not leads_to_endpoint(path)
        and leads_to_endpoint(f"{path}/")
    ):
        yield f"APPEND_SLASH redirects it to {url.path}/"


def _without_prefix(path: str) -> str:
    """The path as Django's URLconf sees it, which may be below FORCE_SCRIPT_NAME."""
    prefix = (settings.FORCE_SCRIPT_NAME or "").rstrip("/")
    return path.removeprefix(prefix) if path.startswith(f"{prefix}/") else path


def _needs_slash(path: str) -> bool:
    return settings.APPEND_SLASH and leads_to_endpoint(f"{path}/")
