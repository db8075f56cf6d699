"""A client that uses only the URLs: it logs in, connects, calls and gets an event."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, build_opener

from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

Step = Callable[["Tour"], None]


class StepFailed(Exception):
    """The result is not the one that the step expects."""


@dataclass
class Tour:
    """Steps through the example and prints what travels."""

    site: str
    socket_url: str
    cookies: CookieJar = field(default_factory=CookieJar)
    socket: ClientConnection | None = None
    closing: ExitStack = field(default_factory=ExitStack)

    def run(self, steps: list[Step]) -> None:
        """Raises StepFailed at the first step that does not hold."""
        with self.closing:
            for number, step in enumerate(steps, 1):
                print(f"\n{number}. {step.__doc__}")
                step(self)

    def post(self, path: str, **form: str) -> None:
        opener = build_opener(HTTPCookieProcessor(self.cookies))
        opener.open(f"{self.site}/login/", timeout=10).read()
        form["csrfmiddlewaretoken"] = self.cookie("csrftoken")
        parts = urlsplit(self.site)
        opener.addheaders.append(("Origin", f"{parts.scheme}://{parts.netloc}"))
        opener.open(f"{self.site}{path}", urlencode(form).encode(), timeout=10).read()

    def cookie(self, name: str) -> str:
        return next(
            (found.value or "" for found in self.cookies if found.name == name), ""
        )

    def send(self, message: dict[str, Any]) -> None:
        text = json.dumps(message)
        print(f"   -> {text}")
        assert self.socket
        self.socket.send(text)

    def expect(self, **members: Any) -> dict[str, Any]:
        """The next frame; it must have these members."""
        assert self.socket
        try:
            frame_data = self.socket.recv(timeout=10)
        except TimeoutError as error:
            raise StepFailed(f"No frame came; expected {members}.") from error
        # API Gateway sends text; an emulator may send what is posted as bytes.
        text = frame_data if isinstance(frame_data, str) else frame_data.decode()
        print(f"   <- {text}")
        frame: dict[str, Any] = json.loads(text)
        self.check(members.items() <= frame.items(), f"expected {members}")
        return frame

    def check(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise StepFailed(otherwise)


def connect_without_login(tour: Tour) -> None:
    """Without a login the handshake is refused by the connect handler."""
    try:
        with connect(tour.socket_url):
            pass
    except InvalidStatus as refused:
        status = refused.response.status_code
        print(f"   <- HTTP {status}")
        tour.check(status == 401, "expected 401")
    else:
        raise StepFailed("A client without a login was accepted.")


def connect_with_session(tour: Tour) -> None:
    """After a login, the handshake is accepted: it carries the session cookie."""
    tour.post("/login/", username="demo", password="demo")
    cookie = f"sessionid={tour.cookie('sessionid')}"
    socket = connect(tour.socket_url, additional_headers={"Cookie": cookie})
    tour.socket = tour.closing.enter_context(socket)
    print("   <- HTTP 101")


def call(tour: Tour) -> None:
    """A message is answered with a typed reply."""
    tour.send({"action": "notifications.list", "id": "1", "payload": {"limit": 5}})
    frame = tour.expect(type="reply", action="notifications.list", id="1")
    tour.check(isinstance(frame["payload"]["unread"], int), "expected a count")


def call_with_wrong_payload(tour: Tour) -> None:
    """A wrong payload is refused, and the field is named."""
    tour.send({"action": "notifications.list", "id": "2", "payload": {"limit": "many"}})
    error = tour.expect(type="error", id="2")["error"]
    tour.check(error["code"] == "invalid_payload", "expected invalid_payload")
    tour.check(error["detail"][0]["loc"] == ["limit"], "expected the field's name")


def receive_event(tour: Tour) -> None:
    """A Django view creates a notification; it is pushed to the socket."""
    tour.post("/notify/", text="Lunch is ready")
    frame = tour.expect(type="notification.created")
    tour.check(frame["payload"]["text"] == "Lunch is ready", "expected its text")


STEPS: list[Step] = [
    connect_without_login,
    connect_with_session,
    call,
    call_with_wrong_payload,
    receive_event,
]
