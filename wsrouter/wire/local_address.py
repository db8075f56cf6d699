"""The API id of a local gateway, which tells other processes where its sockets are."""

import re

from wsrouter.errors import SendError

ELSEWHERE = "local00000"
"""The API id of a local gateway that is not reached at 127.0.0.1."""

_REACHED = frozenset({"127.0.0.1", "0.0.0.0"})  # noqa: S104  # compared, not bound
_API_ID = re.compile(r"local(\d{5})")


class NotFoundLocally(SendError):
    """ws_local holds this connection, at an address that is not known here: set
    MANAGEMENT_ENDPOINT of the gateway, or the environment's
    WSROUTER_MANAGEMENT_ENDPOINT, to the @connections address that ws_local says."""


def api_id(host: str, port: int) -> str:
    """The id of a gateway that listens there: ten characters, as AWS's ids have."""
    return f"local{port:05d}" if host in _REACHED else ELSEWHERE


def management_endpoint(api_id: str, path: str) -> str | None:
    """None for an API that AWS holds; raises NotFoundLocally."""
    if not (found := _API_ID.fullmatch(api_id)):
        return None
    if api_id == ELSEWHERE:
        raise NotFoundLocally
    return f"http://127.0.0.1:{int(found[1])}/{path}".rstrip("/")
