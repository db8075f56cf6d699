"""What to install when the library of the client is missing."""

INSTALL_HINT = 'The client needs websockets: pip install "django-wsrouter[client]"'
