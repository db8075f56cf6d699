"""The applications that servers run: Django's own, and with the fast path."""

from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

from wsrouter.asgi import fast_path as asgi_fast_path
from wsrouter.wsgi import fast_path as wsgi_fast_path

wsgi, asgi = get_wsgi_application(), get_asgi_application()
wsgi_fast, asgi_fast = wsgi_fast_path(wsgi), asgi_fast_path(asgi)
