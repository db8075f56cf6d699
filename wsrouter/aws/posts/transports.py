"""The transports that the setting TRANSPORT names."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from wsrouter.delivery.ports import Transport
from wsrouter.errors import MissingExtra, SendError, WSRouterError
from wsrouter.options.gateway import Gateway

AUTO = "auto"
BUILT_IN = {
    "threads": "wsrouter.aws.posts.threads.ThreadedConnections",
    "curl": "wsrouter.aws.posts.curl.CurlConnections",
    "boto3": "wsrouter.aws.posts.management_api.Boto3Connections",
}
IN_FLIGHT = {"threads": 100, "curl": 256, "boto3": 50}
"""Posts under way at once where the setting IN_FLIGHT is not set. Each one of `curl`
costs 24 KiB, most of it libcurl's; at 20 ms a post, 256 make the 10,000 a second
that AWS allows an account in a Region ("Amazon API Gateway quotas")."""
IN_FLIGHT_OF_OTHERS = 100
"""The same for a dotted path."""
_METHODS = ("post", "post_all", "close", "info")


class InvalidTransport(SendError):
    """The setting TRANSPORT does not name anything that makes a transport."""


def transport(
    name: str, gateways: Callable[[], Mapping[str, Gateway]], *, in_flight: int = 0
) -> Transport:
    """Make the transport of a built-in name or a dotted path. `gateways` returns the
    configured gateways by alias; `in_flight` 0 stands for the transport's default.

    Raises MissingExtra or InvalidTransport.
    """
    name = chosen_for(name)
    make = _imported(name)
    try:
        made = make(
            gateways, in_flight=in_flight or IN_FLIGHT.get(name, IN_FLIGHT_OF_OTHERS)
        )
    except WSRouterError:
        raise
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
        raise InvalidTransport(f"TRANSPORT {name!r} failed: {problem}") from error
    if missing := [m for m in _METHODS if not callable(getattr(made, m, None))]:
        raise InvalidTransport(
            f"TRANSPORT {name!r} makes no transport: {type(made).__name__} has no"
            f" method {', '.join(missing)}."
        )
    return made  # type: ignore[no-any-return]


def chosen_for(name: str) -> str:
    """What a name stands for: `auto` is `curl` where pycurl is installed and gevent is
    not at work, else `threads`. libcurl waits for its sockets itself: no other
    greenlet would run meanwhile."""
    if name != AUTO:
        return name
    return "curl" if _has_pycurl() and not _is_gevent_at_work() else "threads"


def _has_pycurl() -> bool:
    """By importing it: it may be installed without the libraries that it needs."""
    try:
        import_module("wsrouter.aws.posts.pycurl_extra")
    except MissingExtra:
        return False
    return True


def _is_gevent_at_work() -> bool:
    """Whether gevent has replaced Python's sockets, as gunicorn's worker lets it do."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("socket"))


def _imported(name: str) -> Callable[..., Any]:
    """The class or function of a name. Modules are imported only when a gateway uses
    them: that of `curl` needs an extra."""
    module, _, attribute = BUILT_IN.get(name, name).rpartition(".")
    try:
        found = getattr(import_module(module), attribute)
    except MissingExtra:
        raise
    except (ImportError, AttributeError) as error:
        raise InvalidTransport(
            f"TRANSPORT {name!r} cannot be imported: {error}."
        ) from error
    if not callable(found):
        raise InvalidTransport(f"TRANSPORT {name!r} is neither a class nor a function.")
    return found  # type: ignore[no-any-return]
