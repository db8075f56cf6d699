"""Clients that keep sending: threads of a test, or a process to be killed."""

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from wsrouter import MessageError
from wsrouter.client import CallTimeout, ConnectionLost
from wsrouter.client.sync import connect


class Traffic:
    """`answers` counts the frames by type; `unanswered` should stay empty."""

    def __init__(self, url: str, cookie: str, clients: int) -> None:
        self.answers: Counter[str] = Counter()
        self.unanswered: list[str] = []
        self.closed = 0
        self._url, self._cookie = url, cookie
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._send_messages) for _ in range(clients)
        ]

    @contextmanager
    def running(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            for thread in self._threads:
                thread.join(60)

    def _send_messages(self) -> None:
        with connect(self._url, headers={"Cookie": self._cookie}) as client:
            while not self._stopping.wait(0.01):
                try:
                    client.call("say", {"text": "x"})
                    self.answers["reply"] += 1
                except MessageError as error:
                    self.answers[str(error)] += 1
                except CallTimeout as error:
                    self.unanswered.append(str(error))
                except ConnectionLost:
                    self.closed += 1
                    break


if __name__ == "__main__":
    with Traffic(sys.argv[1], sys.argv[2], int(sys.argv[3])).running():
        threading.Event().wait()
