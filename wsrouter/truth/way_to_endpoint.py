"""What stands between API Gateway and the endpoint: a proxy there may add headers, or
answer in the endpoint's place, which would be taken for API Gateway's doing."""

from dataclasses import dataclass

from wsrouter.truth.recordings import Endpoint, EndpointFailed
from wsrouter.wire import mapping

_EVENT = f"{mapping.PREFIX}Event-Type"
_AGENT = "wsrouter-truth/1"


@dataclass(frozen=True, kw_only=True, slots=True)
class WayToEndpoint:
    """`passes_aborts`: a request that the endpoint leaves unanswered is unanswered for
    the caller as well. `added` are the headers that a proxy adds, in lower case."""

    passes_aborts: bool
    passes_user_agent: bool
    added: frozenset[str]


_OWN = frozenset(
    {"accept-encoding", "connection", "content-length", "content-type", "host"}
)
"""Headers of this program's own requests."""


def look(endpoint: Endpoint) -> WayToEndpoint:
    """Send requests straight to the endpoint; raises EndpointFailed when they do not
    arrive."""
    endpoint.script(
        {"event": "MESSAGE", "containing": "truth-abort", "abort": True},
        {"event": "MESSAGE", "containing": "truth-hello", "status": 200},
    )
    mark = endpoint.mark()
    headers = {_EVENT: "MESSAGE", "User-Agent": _AGENT}
    status = endpoint.send(headers, b"truth-hello")
    found = endpoint.wait_for(mark, lambda it: it.text == "truth-hello", seconds=5)
    if status != 200 or found is None:
        raise EndpointFailed(f"The endpoint {endpoint.url} did not record a request.")
    names = {name.lower() for name, _ in found.headers}
    mapped = {name for name in names if name.startswith(mapping.PREFIX.lower())}
    return WayToEndpoint(
        passes_aborts=endpoint.send(headers, b"truth-abort") == 0,
        passes_user_agent=found.all("User-Agent") == [_AGENT],
        added=frozenset(names - mapped - _OWN - {"user-agent"}),
    )
