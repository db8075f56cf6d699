"""The transports by the names that the setting TRANSPORT has for them."""

from collections.abc import Callable, Mapping

from wsrouter.aws.posts.management_api import Boto3Connections
from wsrouter.aws.posts.threads import ThreadedConnections
from wsrouter.delivery.ports import Transport
from wsrouter.options.gateway import Gateway

IN_FLIGHT = {"default": 100, "boto3": 50, "fast": 256}
"""Posts under way at once, as long as the setting IN_FLIGHT says nothing else. Each one
of `fast` costs 24 KiB, most of it libcurl's; at 20 ms a post, 256 make the 10,000 a
second that AWS allows an account."""


def require(name: str) -> None:
    """Raises MissingExtra when what `fast` needs is not installed."""
    if name == "fast":
        import wsrouter.aws.posts.pycurl_extra  # noqa: F401  # it says what is missing


def transport(
    name: str, gateways: Callable[[], Mapping[str, Gateway]], *, in_flight: int = 0
) -> Transport:
    """Raises MissingExtra when what `fast` needs is not installed."""
    in_flight = in_flight or IN_FLIGHT[name]
    if name == "boto3":
        return Boto3Connections(gateways, in_flight=in_flight)
    if name == "fast":
        from wsrouter.aws.posts.curl import CurlConnections

        return CurlConnections(gateways, in_flight=in_flight)
    return ThreadedConnections(gateways, in_flight=in_flight)
