"""AsyncAPI 3.1: all that a client's developer needs to know, as a plain dict."""

from collections.abc import Iterable, Sequence
from typing import Any

from wsrouter.catalog.routes import ApiSpec
from wsrouter.documents.channel_messages import messages
from wsrouter.documents.envelopes import Frames
from wsrouter.documents.introduction import introduction
from wsrouter.documents.operations import CHANNEL, operations
from wsrouter.documents.schemas import described_routes, schemas
from wsrouter.documents.security import query_parameters, schemes
from wsrouter.documents.servers import Server, servers
from wsrouter.options.gateway import Gateway

Document = dict[str, Any]
VERSION = "3.1.0"
UNVERSIONED = "1.0.0"
"""AsyncAPI demands a version of the described API."""


def asyncapi(
    spec: ApiSpec,
    gateway: Gateway,
    *,
    urls: Sequence[Server] = (),
    session_cookie: str = "sessionid",
) -> Document:
    """The document of one gateway. `urls` are where clients connect, as far as the
    settings know; `session_cookie` is the name of Django's."""
    found = schemas(spec)
    frames = Frames.of(gateway, found.components, keeps_events=spec.keeps_events)
    security = schemes(gateway, session_cookie)
    document: Document = {
        "asyncapi": VERSION,
        "info": _info(spec, gateway),
        "defaultContentType": "application/json",
        "servers": servers(urls, gateway, security),
        "channels": {
            CHANNEL: {
                "address": "/",
                "title": "The socket",
                "description": "All messages and events share one socket.",
                "messages": messages(spec, found, frames),
                "bindings": {"ws": _binding(gateway)},
            }
        },
        "operations": operations(spec, security),
        "components": {
            "schemas": found.components,
            "securitySchemes": security,
            "correlationIds": {
                "id": {
                    "description": "The client's id of a message, and of its answer.",
                    "location": "$message.payload#/id",
                }
            },
        },
    }
    if not document["servers"]:
        del document["servers"]
    return document


def _info(spec: ApiSpec, gateway: Gateway) -> Document:
    info: Document = {
        "title": gateway.api_name or gateway.alias,
        "version": gateway.api_version or UNVERSIONED,
        "description": introduction(gateway, keeps_events=spec.keeps_events),
    }
    if tags := _tags(spec):
        info["tags"] = [{"name": tag} for tag in tags]
    return info


def _tags(spec: ApiSpec) -> Iterable[str]:
    of_routes = {tag for route in described_routes(spec) for tag in route.tags}
    return sorted(of_routes | {tag for event in spec.events for tag in event.tags})


def _binding(gateway: Gateway) -> Document:
    parameters = query_parameters(gateway)
    return {
        "bindingVersion": "0.1.0",
        "method": "GET",
        "query": {"type": "object", "properties": parameters},
    }
