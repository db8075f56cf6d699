"""The documents of a gateway, as its settings and its routers make them."""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

from wsrouter import conf
from wsrouter.options.gateway import Gateway
from wsrouter.setting_caches import cleared_by
from wsrouter.wiring import chosen_envelope, publisher

if TYPE_CHECKING:
    from wsrouter.documents.servers import Server


def asyncapi_document(
    alias: str = "default", *, with_local: bool = False
) -> dict[str, Any]:
    """The AsyncAPI document, new at every call. `with_local`: with ws_local among the
    servers. Raises ConfigurationError."""
    from wsrouter.documents.asyncapi import asyncapi

    gateway = conf.gateway(alias)
    chosen_envelope.check_spoken(gateway, "AsyncAPI")
    return asyncapi(
        publisher.api_spec(alias),
        gateway,
        urls=tuple(_servers(gateway, with_local=with_local)),
        session_cookie=settings.SESSION_COOKIE_NAME,
    )


def _servers(gateway: Gateway, *, with_local: bool) -> "Iterator[Server]":
    """The deployed API where the settings say where it is, and ws_local with DEBUG.
    An exported file is the same with DEBUG and without, so it has no ws_local."""
    from wsrouter.documents.servers import Server
    from wsrouter.wiring.client_url import known_urls

    urls = known_urls(gateway)
    if urls.deployed:
        yield Server(name="production", url=urls.deployed)
    if with_local and urls.local:
        yield Server(name="local", url=urls.local, description="`manage.py ws_local`.")


@cleared_by("WSROUTER", "INSTALLED_APPS", "DEBUG", "SESSION_COOKIE_NAME")
@cache
def asyncapi_text(alias: str = "default", *, with_local: bool = False) -> str:
    """The same as JSON. Raises ConfigurationError."""
    from wsrouter.documents.json_text import json_text

    return json_text(asyncapi_document(alias, with_local=with_local))


def typescript_text(alias: str = "default") -> str:
    """TypeScript's types. Raises ConfigurationError."""
    from wsrouter.documents.typescript import typescript

    chosen_envelope.check_spoken(conf.gateway(alias), "TypeScript")
    return typescript(publisher.api_spec(alias))


def stale_lines(kind: str, in_file: str, now: str) -> list[str] | None:
    """How the file of a document (`asyncapi` or `typescript`) differs from the document
    of now, in lines; no line when it is up to date, and None when it is something
    else."""
    from wsrouter.documents.stale import STALE

    return STALE[kind](in_file, now)
