"""The documents of a gateway, as its settings and its routers make them."""

from functools import cache
from typing import Any

from django.conf import settings

from wsrouter import conf
from wsrouter.setting_caches import cleared_by
from wsrouter.wiring import publisher


def asyncapi_document(alias: str = "default") -> dict[str, Any]:
    """The AsyncAPI document, new at every call. Raises ConfigurationError."""
    from wsrouter.documents.asyncapi import asyncapi

    return asyncapi(
        publisher.api_spec(alias),
        conf.gateway(alias),
        session_cookie=settings.SESSION_COOKIE_NAME,
    )


@cleared_by("WSROUTER", "INSTALLED_APPS", "DEBUG", "SESSION_COOKIE_NAME")
@cache
def asyncapi_text(alias: str = "default") -> str:
    """The same as JSON. Raises ConfigurationError."""
    from wsrouter.documents.json_text import json_text

    return json_text(asyncapi_document(alias))


def typescript_text(alias: str = "default") -> str:
    """TypeScript's types. Raises ConfigurationError."""
    from wsrouter.documents.typescript import typescript

    return typescript(publisher.api_spec(alias))


def stale_lines(kind: str, in_file: str, now: str) -> list[str]:
    """How the file of a document (`asyncapi` or `typescript`) differs from the document
    of now, in lines; none when it is up to date."""
    from wsrouter.documents.stale import STALE

    return STALE[kind](in_file, now)
