"""The project as docs/howto/deploy.md starts it: the fast path, and behind it Django,
which answers the handshakes."""

from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

from wsrouter.asgi import fast_path as asgi_fast_path
from wsrouter.wsgi import fast_path as wsgi_fast_path

wsgi = wsgi_fast_path(get_wsgi_application())
asgi = asgi_fast_path(get_asgi_application())
