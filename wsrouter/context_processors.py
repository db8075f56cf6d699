"""Variables for an application's templates, named in TEMPLATES."""

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject


def ws_url(request: HttpRequest) -> dict[str, Any]:
    """`ws_url`: the URL of the default gateway's socket. A page that does not use it
    does not fail where the URL is not known."""
    return {"ws_url": SimpleLazyObject(partial(_client_url, request))}


def _client_url(request: HttpRequest) -> str:
    from wsrouter.wiring.client_url import client_url

    return client_url(request)
