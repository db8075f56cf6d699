"""pycurl, of the extra `curl`, or an error that names the extra."""

from wsrouter.errors import MissingExtra

try:
    import pycurl as pycurl
except ImportError as error:
    raise MissingExtra(
        "TRANSPORT 'curl' needs pycurl: pip install 'django-wsrouter[curl]'."
    ) from error
