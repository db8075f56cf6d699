"""Django as it is, and fast paths in front of an application that fails: a request that
a fast path leaves to Django is not measured by mistake."""

from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

from wsrouter.asgi import fast_path as asgi_fast_path
from wsrouter.wsgi import fast_path as wsgi_fast_path

wsgi = get_wsgi_application()
asgi = get_asgi_application()


def _nobody(environ, start_response):
    raise LookupError("the fast path has not taken this request")


async def _anobody(scope, receive, send):
    raise LookupError("the fast path has not taken this request")


wsgi_fast = wsgi_fast_path(_nobody)
asgi_fast = asgi_fast_path(_anobody)
