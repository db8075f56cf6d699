"""Documents of routers, for tests."""

import json
from typing import Any

from wsrouter import Router
from wsrouter.catalog.build import build
from wsrouter.documents.asyncapi import asyncapi
from wsrouter.documents.servers import Server
from wsrouter.options.gateway import Gateway
from wsrouter.options.publishing import AuthorizerOption

URLS = [
    Server(name="production", url="wss://ws.example.com/shop", description="Live."),
    Server(name="local", url="ws://127.0.0.1:8001/production/"),
]
AUTHORIZER = AuthorizerOption(
    function="arn:aws:lambda:eu-west-1:1:function:f",
    identity=(
        "route.request.querystring.token",
        "route.request.header.Authorization",
        "context.stage",
    ),
)


def document(router: Router, **options: Any) -> dict[str, Any]:
    """The document of a gateway with these options."""
    gateway = Gateway(alias="default", api_name="shop", **options)
    return asyncapi(build(router), gateway, urls=URLS)


def references(value: Any) -> set[str]:
    """Every `$ref` in a document."""
    text = json.dumps(value)
    found: set[str] = set()
    start = 0
    while (start := text.find('"$ref": "', start)) >= 0:
        start += len('"$ref": "')
        found.add(text[start : text.index('"', start)])
    return found
