"""Django for a WSGI server, as it is and behind the front door."""

from django.core.wsgi import get_wsgi_application

from wsrouter import wsgi

django = get_wsgi_application()
fast_path = wsgi.fast_path(django)
