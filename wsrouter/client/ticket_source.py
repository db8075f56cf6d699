"""A ticket for each attempt to connect: from a function, or from a URL."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from pydantic_core import from_json

from wsrouter.client.connection_errors import TicketError

Ticket = str | Mapping[str, Any]
"""The ticket itself, or the answer of `wsrouter.tickets.issue`."""
TicketSource = str | Callable[[], Ticket | Awaitable[Ticket]]
"""The URL of the ticket view, or a function that is called for each attempt."""
REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


async def with_ticket(
    url: str, source: TicketSource | None, headers: Mapping[str, str], seconds: float
) -> str:
    """The URL of a socket with a fresh ticket. `headers` go with a request for one.
    Raises TicketError, and what the function raises."""
    if source is None:
        return url
    if isinstance(source, str):
        drawn: Any = await asyncio.to_thread(_posted, source, headers, seconds)
    elif inspect.iscoroutinefunction(source):
        drawn = await source()
    else:
        drawn = await asyncio.to_thread(source)
        if inspect.isawaitable(drawn):
            drawn = await drawn
    text = drawn["ticket"] if isinstance(drawn, Mapping) else drawn
    separator = "&" if urlsplit(url).query else "?"
    return f"{url}{separator}ticket={quote(str(text), safe='')}"


class _NoRedirect(HTTPRedirectHandler):
    """What proves the user must not travel to another host, and the page of a login is
    no ticket: a redirect is a failed attempt."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _posted(url: str, headers: Mapping[str, str], seconds: float) -> Any:
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"A ticket is requested by HTTP, not at {url!r}.")
    request = Request(url, b"", dict(headers), method="POST")  # noqa: S310  # checked
    try:
        with build_opener(_NoRedirect).open(request, timeout=seconds) as answer:
            return from_json(answer.read())
    except HTTPError as error:
        with error:
            raise TicketError(error.code, _retry_after(error)) from error


def _retry_after(error: HTTPError) -> float:
    text = error.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 0.0
