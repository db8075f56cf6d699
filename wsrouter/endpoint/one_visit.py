"""Django's ASGI handler for requests of sync views, in one visit to their thread.

Under ASGI, Django runs each middleware of its own in a thread, and comes back to the
event loop in between: that takes longer than all that is done there.
"""

from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from wsrouter.endpoint.request_thread import RequestThread


class OneVisitHandler(ASGIHandler):
    """Calls all middlewares, and the view, as under WSGI: what is async in a project
    runs on the event loop all the same. The thread is one that is used again, with its
    database connections."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async with RequestThread():
            await self.handle(scope, receive, send)

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = await sync_to_async(self.get_response)(request)
        return response


def instead_of(application: Any) -> Any:
    """A handler that answers as `application` does, which is that itself where it is
    not Django's own."""
    return OneVisitHandler() if type(application) is ASGIHandler else application
