"""Clients that keep sending: threads of a test, or a process to be killed."""

import json
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

MESSAGE = json.dumps({"action": "say", "id": "1", "payload": {"text": "x"}})


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
        headers = {"Cookie": self._cookie}
        with connect(self._url, additional_headers=headers, proxy=None) as client:
            try:
                while not self._stopping.wait(0.01):
                    client.send(MESSAGE)
                    found = json.loads(client.recv(timeout=30))
                    self.answers[str(found.get("type") or found["message"])] += 1
            except ConnectionClosed:
                self.closed += 1
            except TimeoutError:
                self.unanswered.append(MESSAGE)


if __name__ == "__main__":
    with Traffic(sys.argv[1], sys.argv[2], int(sys.argv[3])).running():
        threading.Event().wait()
