"""Django as it is, and front doors. Behind those is nobody: what a door does not take
fails, and is not measured by mistake."""

from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

from wsrouter.asgi import gateway as asgi_gateway
from wsrouter.wsgi import gateway as wsgi_gateway

wsgi = get_wsgi_application()
asgi = get_asgi_application()


def _nobody(environ, start_response):
    raise LookupError("the front door has not taken this request")


async def _anobody(scope, receive, send):
    raise LookupError("the front door has not taken this request")


wsgi_door = wsgi_gateway(_nobody)
asgi_door = asgi_gateway(_anobody)
