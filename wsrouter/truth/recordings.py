"""The caller of the endpoint: tells it how to answer, and reads what it recorded."""

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from wsrouter.errors import WSRouterError
from wsrouter.truth import endpoint as endpoint_program
from wsrouter.truth.timing import wait_until
from wsrouter.wire import mapping

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class EndpointFailed(WSRouterError):
    """The endpoint did not answer as the program of ws_truth does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """One request as the endpoint received it; `headers` in their order. Times are
    seconds since the epoch; `answered_at` is None until it has answered."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    received_at: float
    answered_at: float | None
    answer: Mapping[str, Any]

    def all(self, name: str) -> list[str]:
        """The values of every header with that name."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def mapped(self, name: str) -> str | None:
        """The value of one mapped header, None without it; `name` has no prefix."""
        found = self.all(mapping.PREFIX + name)
        return found[-1] if found else None

    @property
    def event(self) -> str:
        return self.mapped("Event-Type") or ""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class Endpoint:
    """The endpoint at `url`; every call may raise EndpointFailed."""

    def __init__(self, url: str, secret: str, *, seconds: float = 15.0) -> None:
        self.url, self.secret, self._seconds = url, secret, seconds
        self._count = 0
        is_local = urlsplit(url).hostname in _LOOPBACK
        proxies = urllib.request.ProxyHandler({} if is_local else None)
        self._opener = urllib.request.build_opener(proxies)

    def script(self, *answers: Mapping[str, Any]) -> None:
        """Verdict the next requests by the first of these that fits."""
        self._call(endpoint_program.SCRIPT, json.dumps(answers).encode())

    def mark(self) -> int:
        """The number of requests so far: those after it are new."""
        return self._count + len(self.since(self._count))

    def since(self, mark: int) -> list[Recording]:
        """The requests after that mark."""
        path = f"{endpoint_program.RECORDINGS}?since={mark}"
        found = [_recording(item) for item in json.loads(self._call(path))]
        self._count = mark + len(found)
        return found

    def wait_for(
        self, mark: int, wanted: Callable[[Recording], bool], *, seconds: float
    ) -> Recording | None:
        """The first wanted request after the mark, once it was answered; None when
        there is none in time."""
        found: list[Recording] = []

        def look() -> bool:
            found.extend(
                recording
                for recording in self.since(mark)
                if wanted(recording) and recording.answered_at is not None
            )
            return bool(found)

        return found[0] if wait_until(look, seconds) else None

    def send(self, headers: Mapping[str, str], body: bytes) -> int:
        """Send a request as the gateway does; the status, 0 when there is no answer."""
        try:
            self._call("", body, headers)
        except EndpointFailed as error:
            cause = error.__cause__
            return cause.code if isinstance(cause, urllib.error.HTTPError) else 0
        return 200

    def _call(
        self, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> bytes:
        request = urllib.request.Request(  # noqa: S310  # --endpoint takes http(s) only
            self.url.rstrip("/") + path if path else self.url,
            data=body,
            headers={mapping.SECRET: self.secret, **(headers or {})},
            method="POST",
        )
        try:
            with self._opener.open(request, timeout=self._seconds) as answer:
                return bytes(answer.read())
        except (OSError, HTTPException, ValueError) as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            raise EndpointFailed(
                f"The endpoint {self.url} failed: {error}. Is the program that"
                " --print-endpoint prints running there, with the same secret?"
            ) from error


def _recording(item: Mapping[str, Any]) -> Recording:
    return Recording(
        method=item["method"],
        target=item["target"],
        headers=tuple((name, value) for name, value in item["headers"]),
        body=base64.b64decode(item["body"]),
        received_at=item["received_at"],
        answered_at=item["answered_at"],
        answer=item["answer"],
    )
