"""Django for a WSGI server, as it is and behind the front door."""

from django.core.wsgi import get_wsgi_application

from wsrouter.wsgi import gateway

django = get_wsgi_application()
door = gateway(django)
