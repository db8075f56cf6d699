"""On real servers: the reply of a message leaves before the events that it sends, and
a server that is told to stop after the reply still sends them.

`nox -s servers` installs them and runs these tests.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.running import (
    MEMBERS,
    SERVERS,
    TIMEOUT_SECONDS,
    Site,
    Sockets,
    needs,
    running,
    sockets,
    wait_for,
)

KEPT_ALIVE = {"gunicorn gthread", "gunicorn gevent", "Granian WSGI", "uvicorn"}
LOSES = {"waitress", "runserver"}
"""They have no graceful stop: docs/howto/deploy.md says so."""


@pytest.fixture
def posts() -> Iterator[Sockets]:
    with sockets() as found:
        yield found


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> str:
    needs(request.param)
    return str(request.param)


@pytest.fixture(params=[False, True], ids=["view", "fast path"])
def site(
    server: str, request: pytest.FixtureRequest, posts: Sockets, tmp_path: Path
) -> Iterator[Site]:
    with running(server, request.param, tmp_path, posts.url) as found:
        yield found


def action_of(server: str) -> str:
    return "asay" if "{asgi}" in SERVERS[server] else "say"


def test_a_reply_does_not_wait_for_its_audience(
    server: str, site: Site, posts: Sockets
) -> None:
    posts.may_answer.clear()
    with site.caller() as caller:
        frame = site.post("MESSAGE", site.ids[0], "say", "first", caller=caller)
        assert frame["payload"] == "deferred"
        assert posts.answered == []
        if server in KEPT_ALIVE:
            site.post("MESSAGE", site.ids[1], "say", "second", caller=caller)
    if server not in KEPT_ALIVE:
        site.post("MESSAGE", site.ids[1], action_of(server), "second")
    assert posts.answered == []
    posts.may_answer.set()
    wait_for(lambda: len(posts.answered) == 2 * MEMBERS)
    assert sorted(set(posts.answered)) == ["first", "second"]
    posts.answered.clear()
    posts.begun.clear()
    posts.reached.clear()
    stop_after_a_reply(server, site, posts)


def stop_after_a_reply(server: str, site: Site, posts: Sockets) -> None:
    """SIGTERM while the events of a message that was answered are under way."""
    posts.may_answer.clear()
    frame = site.post("MESSAGE", site.ids[0], action_of(server), "x")
    assert frame["payload"] == "deferred"
    wait_for(lambda: posts.begun)
    site.process.terminate()
    wait_for(site.stops)
    posts.may_answer.set()
    site.process.wait(TIMEOUT_SECONDS)
    if server in LOSES:
        assert len(posts.reached) < MEMBERS
    else:
        assert len(posts.reached) == MEMBERS
