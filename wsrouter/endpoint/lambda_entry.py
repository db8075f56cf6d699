"""Answers the events that API Gateway sends to an AWS Lambda function: through the fast
path and Django's ASGI handler, as a server would."""

import asyncio
import atexit
import logging
from collections.abc import Callable
from contextvars import copy_context
from functools import cache
from threading import local
from typing import Any

from wsrouter.auth import security_log
from wsrouter.endpoint import lambda_request
from wsrouter.endpoint.fast_asgi import FastPath
from wsrouter.endpoint.one_visit import OneVisitHandler
from wsrouter.setting_caches import cleared_by
from wsrouter.wire import lambda_event
from wsrouter.wire.lambda_event import InvalidEvent

logger = logging.getLogger("wsrouter.request")
Result = dict[str, Any]
_SPELLED = {"sec-websocket-protocol": "Sec-WebSocket-Protocol"}
_thread = local()
"""`runner` keeps the event loop of the thread, for clients that async handlers keep."""


def answer(event: Any) -> Result:
    """What the function returns for an event of a WebSocket API. Never raises."""
    try:
        gateway = lambda_request.gateway_of(event)
        if gateway is None:
            return result(403)
        body = lambda_event.body(event)
        scope = lambda_request.scope(event, gateway, len(body))
        # Of its own, since the runner's would go on with what one event has set: the
        # language, a tenant.
        return _runner().run(_respond(scope, body), context=copy_context())
    except InvalidEvent as error:
        security_log.warn("An event was answered 400: %s", str(error))
        return result(400)
    except Exception:
        logger.exception("An event of API Gateway could not be handled.")
        return result(500)


def refuse(event: Any) -> Result:
    """What the function returns for an event that is of no WebSocket API."""
    security_log.warn(
        "An event was refused: it is a %s, and no event of a WebSocket API. If the"
        " function also answers HTTP, use wsrouter.awslambda.handler_for.",
        type(event).__qualname__,
    )
    return result(400)


def result(
    status: int, body: str = "", headers: dict[str, str] | None = None
) -> Result:
    given = headers or {"Content-Length": "0"}
    return {"statusCode": status, "headers": given, "body": body}


async def _respond(scope: dict[str, Any], body: bytes) -> Result:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        sent.append(message)

    await _application()(scope, _then_wait(receive), send)
    start, *parts = sent
    content: bytes = b"".join(part.get("body", b"") for part in parts)
    headers = {
        _spelled(name.decode("latin1")): value.decode("latin1")
        for name, value in start["headers"]
    }
    return result(start["status"], content.decode("utf-8", "replace"), headers)


def _spelled(name: str) -> str:
    """Header names as Django spells them; the fast path writes lower case."""
    return name if name != name.lower() else _SPELLED.get(name, name.title())


@cleared_by("MIDDLEWARE", "ROOT_URLCONF")
@cache
def _application() -> FastPath:
    return FastPath(OneVisitHandler())


def _then_wait(receive: Callable[[], Any]) -> Callable[[], Any]:
    """Django listens for the end of the connection while it answers."""
    is_received = False

    async def wait() -> Any:
        nonlocal is_received
        if is_received:
            return await asyncio.get_running_loop().create_future()
        is_received = True
        return await receive()

    return wait


def _runner() -> asyncio.Runner:
    if not hasattr(_thread, "runner"):
        _thread.runner = asyncio.Runner()
        atexit.register(_thread.runner.close)
    return _thread.runner  # type: ignore[no-any-return]
