"""Posts events to the HTTP backend, as an HTTP_PROXY integration does."""

from dataclasses import dataclass
from types import TracebackType
from typing import Self

from wsrouter.errors import MissingExtra
from wsrouter.local import extra
from wsrouter.local.rules.integration_request import IntegrationRequest
from wsrouter.local.sockets import quick_ack_socket
from wsrouter.local.sockets.asgi import Answer
from wsrouter.wire import limits

try:
    import aiohttp
    from yarl import URL
except ImportError as error:
    raise MissingExtra(extra.MISSING) from error

_AUTOMATIC = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """The integration gave no answer; `cause` is for the log only."""

    cause: str
    timed_out: bool = False


class Backend:
    """A pool of HTTP connections."""

    def __init__(self, *, connections: int = 100) -> None:
        self.connections = connections

    async def __aenter__(self) -> Self:
        # A cookie that the backend sets must not come back with the next message.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=self.connections, socket_factory=quick_ack_socket.create
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_AUTOMATIC,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def post(
        self, request: IntegrationRequest, *, uri: str, timeout_seconds: float
    ) -> Answer | Failure:
        """Post once; redirects are answers like any other."""
        seconds = min(timeout_seconds, limits.INTEGRATION_TIMEOUT_SECONDS)
        try:
            async with self._session.post(
                _with_query(uri, request.query),
                headers=request.headers,
                data=request.body or None,
                timeout=aiohttp.ClientTimeout(total=seconds),
                allow_redirects=False,
            ) as response:
                headers = tuple(response.headers.items())
                body = await response.read()
                return Answer(status=response.status, headers=headers, body=body)
        except TimeoutError:
            return Failure(cause=f"no answer within {seconds:g} s", timed_out=True)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Failure(cause=_cause(error))


def _cause(error: Exception) -> str:
    """For people: aiohttp's own text for the commonest one speaks of TLS."""
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(
        error.os_error, ConnectionRefusedError
    ):
        return f"nothing listens at {error.host}:{error.port}"
    return str(error) or type(error).__name__


def _with_query(uri: str, query: str) -> URL:
    """The client's query string is passed on as it came."""
    joint = "&" if "?" in uri else "?"
    return URL(f"{uri}{joint}{query}" if query else uri, encoded=True)
