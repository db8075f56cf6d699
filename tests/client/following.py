"""A scripted client and its server, which answers at once unless a test wants more."""

from typing import Any

from tests.client.scripted import Scripted
from tests.client.scripted_server import ScriptedServer
from wsrouter.client.sockets import Socket


class Following:
    """`order` has what was delivered: numbers of events, and "reply" for replies of
    subscriptions. Posts arrive when they are delivered."""

    def __init__(
        self, *groups: str, server: ScriptedServer | None = None, **options: Any
    ) -> None:
        self.server = server or ScriptedServer()
        self.client = Scripted(**options)
        self.client.heard = lambda frame: self.order.append(frame["payload"])  # type: ignore[method-assign]
        self.order: list[Any] = []
        self.open()
        self.stop = self.watch(*groups) if groups else None
        self.order.clear()

    @property
    def socket(self) -> Socket:
        return [one for one in self.client.opening if one.is_open][-1]

    @property
    def seen(self) -> list[int]:
        return [each for each in self.order if each != "reply"]

    @property
    def gaps(self) -> list[Any]:
        """The streams' groups."""
        return [gap.id and gap.id.strip("-") for gap in self.client.gaps]

    @property
    def asked(self) -> list[Any]:
        """`since` of the pings that had one, by group."""
        return [
            {name.strip("-"): seen["seq"] for name, seen in message["since"].items()}
            for message in self.server.asked
            if message["action"] == "wsrouter.ping" and "since" in message
        ]

    def open(self) -> Socket:
        socket = self.client.open()
        self.answer()
        return socket

    def answer(self) -> None:
        """The server answers what it was sent, and what follows."""
        self.server.read(self.client)
        while self.server.under_way:
            handled = self.server.under_way[0]
            frame = self.server.answer(handled)
            if handled.socket not in self.client.closed:
                self.client.get(handled.socket, frame)
            self.server.read(self.client)

    def watch(self, *groups: str, **how: Any) -> Any:
        subscription = self.start_watching(*groups, **how)
        self.answer()
        return lambda: self.client.protocol.unsubscribe(subscription)

    def start_watching(self, *groups: str, **how: Any) -> Any:
        """The call is under way."""
        payload = {"groups": list(groups)}
        how = {"on_reply": lambda _: self.order.append("reply")} | how
        _, subscription = self.client.subscribe("watch", payload=payload, **how)
        self.server.read(self.client)
        return subscription

    def publish(self, *groups: str, times: int = 1) -> None:
        """The posts wait for `deliver`."""
        for _ in range(times):
            self.server.publish(*groups)

    def deliver(self, step: int = 1) -> None:
        posts, self.server.posts = self.server.posts[::step], []
        for socket, frame in posts:
            self.client.get(socket, frame)
        self.answer()

    def lose(self) -> None:
        self.server.posts.clear()

    def pass_time(self, seconds: float) -> None:
        """The server answers every tenth of a second."""
        for _ in range(int(seconds * 10)):
            self.client.pass_time(0.1)
            self.answer()

    def lose_socket(self) -> None:
        self.client.end(self.socket)
        self.server.members.clear()
        self.client.pass_time(1)

    def reopen(self) -> Socket:
        self.lose_socket()
        return self.open()
