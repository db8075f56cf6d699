"""Sends of a real Django while @connections answers many of them with 429."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.ws_local_stack import Stack, eventually, frame, running

WORDS = [f"lunch-{number}" for number in range(10)]
CLIENTS = 3


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("busy") / "room.sqlite3")
    with running(stack, "--aws", "busy-posts=0.2") as running_stack:
        yield running_stack


def test_every_send_is_delivered_and_counted_once(stack: Stack) -> None:
    with ExitStack() as open_clients:
        clients = [open_clients.enter_context(stack.connect()) for _ in range(CLIENTS)]
        for word in WORDS:
            answer = stack.get(f"/announce/{word}/")
            assert answer == {"delivered": CLIENTS, "gone": 0}
        for client in clients:
            received = [frame(client)["payload"]["text"] for _ in WORDS]
            assert received == WORDS
            with pytest.raises(TimeoutError):
                client.recv(timeout=0.1)
    eventually(lambda: stack.log.count("  200") >= CLIENTS * len(WORDS))
    assert "429 LimitExceededException" in stack.log
