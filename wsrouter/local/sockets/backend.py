"""Posts events to the HTTP backend, as an HTTP_PROXY integration does."""

from dataclasses import dataclass
from types import TracebackType
from typing import Self

from wsrouter.errors import MissingExtra
from wsrouter.local import extra
from wsrouter.local.rules.integration_request import IntegrationRequest
from wsrouter.local.sockets import quick_ack_socket
from wsrouter.local.sockets.asgi import Response
from wsrouter.wire import limits

try:
    import aiohttp
    from yarl import URL
except ImportError as error:
    raise MissingExtra(extra.INSTALL_HINT) from error

_AUTOMATIC_HEADERS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""Headers that aiohttp would add, and API Gateway does not send."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IntegrationFailure:
    """The integration gave no response; `cause` appears in the journal only."""

    cause: str
    timed_out: bool = False


class Backend:
    """A pool of HTTP connections to the backend."""

    def __init__(self, *, connections: int = 100) -> None:
        self.connections = connections

    async def __aenter__(self) -> Self:
        # A cookie that the backend sets must not come back with the next message.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=self.connections, socket_factory=quick_ack_socket.create
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_AUTOMATIC_HEADERS,
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
    ) -> Response | IntegrationFailure:
        """Post once. A redirect is a response like any other."""
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
                return Response(status=response.status, headers=headers, body=body)
        except TimeoutError:
            cause = f"no answer within {seconds:g} s"
            return IntegrationFailure(cause=cause, timed_out=True)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return IntegrationFailure(cause=_readable(error))


def _readable(error: Exception) -> str:
    """A readable message for connection errors; aiohttp's own text mentions TLS, which
    is not in use here."""
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(
        error.os_error, ConnectionRefusedError
    ):
        return f"nothing listens at {error.host}:{error.port}"
    return str(error) or type(error).__name__


def _with_query(uri: str, query: str) -> URL:
    """The URI with the client's query string appended as it arrived."""
    separator = "&" if "?" in uri else "?"
    return URL(f"{uri}{separator}{query}" if query else uri, encoded=True)
