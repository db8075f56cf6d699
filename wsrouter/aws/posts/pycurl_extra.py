"""pycurl, of the extra `fast`, or an error that names the extra."""

from wsrouter.errors import MissingExtra

try:
    import pycurl as pycurl
except ImportError as error:
    raise MissingExtra(
        "TRANSPORT 'fast' needs pycurl: pip install 'django-wsrouter[fast]'."
    ) from error
