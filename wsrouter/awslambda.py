"""The entry for AWS Lambda: API Gateway's AWS_PROXY integration."""

import os
from collections.abc import Callable
from typing import Any

Handler = Callable[[Any, Any], Any]


def handler(event: Any, context: Any) -> Any:
    """Answer an event of a WebSocket API: the function's handler is
    `wsrouter.awslambda.handler`. Every other event is refused with 400."""
    return handler_for(None)(event, context)


def handler_for(http_handler: Handler | None) -> Handler:
    """A handler for both: events of WebSocket APIs are answered here, and every other
    event by `http_handler`, for example Mangum's."""
    _set_up()

    def handle(event: Any, context: Any) -> Any:
        from wsrouter.endpoint import lambda_entry
        from wsrouter.wire import lambda_event

        if lambda_event.is_websocket_event(event):
            return lambda_entry.answer(event)
        if http_handler is None:
            return lambda_entry.refuse(event)
        return http_handler(event, context)

    return handle


def _set_up() -> None:
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # While the function is initialised, it has more processor than it has paid for.
    _set_up()
