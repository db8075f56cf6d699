"""The Lambda function that `ws_local --lambda` invokes, in the development server."""

import os
from collections.abc import Mapping
from threading import Thread
from typing import Any

from django.apps import apps
from django.utils.autoreload import DJANGO_AUTORELOAD_ENV
from django.utils.module_loading import import_string

HANDLER_VARIABLE = "WSROUTER_LAMBDA_HANDLER"
PORT_VARIABLE = "WSROUTER_LAMBDA_PORT"
"""Environment variables that `ws_local` sets in the Django process that it starts: the
dotted path of the handler, and the port on which it is invoked."""
DEFAULT_HANDLER = "wsrouter.awslambda.handler"


def environment(handler: str, port: int, name: str) -> Mapping[str, str]:
    """The variables for the process that has the function. The last one is Lambda's
    own: sends leave before the reply where it is set."""
    return {
        HANDLER_VARIABLE: handler,
        PORT_VARIABLE: str(port),
        "AWS_LAMBDA_FUNCTION_NAME": name,
    }


def serve() -> None:
    """Serve the function if `ws_local` has asked for it, as soon as Django is set up;
    not in the process that only watches the one that serves."""
    path = os.environ.get(HANDLER_VARIABLE, "")
    if path and os.environ.get(DJANGO_AUTORELOAD_ENV) == "true":
        del os.environ[HANDLER_VARIABLE]  # not for processes that this one starts
        port = int(os.environ[PORT_VARIABLE])
        Thread(target=_serve, args=(path, port), daemon=True).start()


def _serve(path: str, port: int) -> None:
    """The handler is imported with the first event, so that the server answers with the
    error of an import that fails."""
    from wsrouter.local.process import invocations

    def handler(event: Any, context: Any) -> Any:
        return import_string(path)(event, context)

    apps.ready_event.wait()
    invocations.serve(handler, port)
