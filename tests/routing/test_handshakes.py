"""The `connect` and `disconnect` handlers of all routers, in their order."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.routing.builders import Gateway, Missing, Run, User
from wsrouter import Accept, Connection, Disconnected, MessageError, Reject, Router
from wsrouter.routing.frame import Cause


def noting(seen: list[str], name: str, result: Any = None) -> Callable[[], Any]:
    def hook() -> Any:
        seen.append(name)
        if isinstance(result, Exception):
            raise result
        return result

    return hook


def tree(declare: str, seen: list[str], **results: Any) -> Router:
    """Routers with hooks `first`, `inner`, `deep`, `beside`, `last`, run in that order
    (the includes stand between the root's own two), with these results."""
    root, inner, deep, beside = Router(), Router(), Router(), Router()

    def add(router: Router, name: str) -> None:
        getattr(router, declare)(noting(seen, name, results.get(name)))

    add(root, "first")
    root.include(inner, "prefix.")
    root.include(beside)
    add(root, "last")
    add(inner, "inner")
    inner.include(deep)
    add(deep, "deep")
    add(beside, "beside")
    return root


EVERYONE = ["first", "inner", "deep", "beside", "last"]


def test_connect_handlers_run_in_include_order(run: Run) -> None:
    seen: list[str] = []
    answer = Gateway(tree("connect", seen), run=run).connect()
    assert seen == EVERYONE
    assert (answer.status, answer.body, answer.headers) == (200, b"", {})


def test_without_handlers_everyone_is_accepted() -> None:
    assert Gateway(Router()).connect().status == 200


def test_the_first_reject_wins(run: Run) -> None:
    seen: list[str] = []
    router = tree("connect", seen, deep=Reject(401, "Log in."), last=Reject(400))
    answer = Gateway(router, run=run).connect()
    assert seen == ["first", "inner", "deep"]
    assert (answer.status, answer.body, answer.failed) == (401, b"Log in.", True)


def test_the_first_subprotocol_wins(run: Run) -> None:
    seen: list[str] = []
    router = tree(
        "connect",
        seen,
        first=Accept(),
        deep=Accept("v2"),
        last=Accept(subprotocol="v1"),
    )
    answer = Gateway(router, run=run).connect()
    assert seen == EVERYONE
    assert answer.headers == {"Sec-WebSocket-Protocol": "v2"}


@pytest.mark.parametrize("text", ["v1, v2", "a b", "\u00e9", "a\r\nX: y", "v1\n"])
def test_what_is_no_subprotocol_is_refused(text: str, run: Run) -> None:
    """A client may have offered it; the answer would be one that no gateway reads."""
    router = Router()
    router.connect(lambda: Accept(text))
    gateway = Gateway(router, run=run)
    answer = gateway.connect()
    assert (answer.status, answer.headers) == (400, {})
    assert answer.body == b"Accept takes one of the offered subprotocols."
    assert not gateway.crashes


@pytest.mark.parametrize(
    ("error", "status", "body", "crashes"),
    [
        (Reject(), 403, b"", 0),
        (Reject(499, "a\ud800"), 499, b"a?", 0),
        (MessageError("full", "No seat is free."), 400, b"No seat is free.", 0),
        (Missing(), 404, b"Not there.", 0),
        (ValueError("secret"), 500, b"", 1),
    ],
)
def test_what_a_refusal_answers(
    error: Exception, status: int, body: bytes, crashes: int, run: Run
) -> None:
    gateway = Gateway(tree("connect", [], inner=error), run=run)
    answer = gateway.connect()
    assert (answer.status, answer.body) == (status, body)
    assert len(gateway.crashes) == crashes


@pytest.mark.parametrize("returned", [False, True, Reject(401), Reject, "v1", 0])
def test_a_wrong_return_value_lets_nobody_in(returned: Any) -> None:
    """`return Reject(401)` where `raise` was meant must not accept."""
    router = Router()
    router.connect(lambda: returned)
    gateway = Gateway(router)
    assert gateway.connect().status == 500
    assert "raises Reject to refuse" in str(gateway.crashes[0])


def test_what_connect_is_given(run: Run) -> None:
    router, seen = Router(), []

    class HttpRequest: ...

    HttpRequest.__module__ = "django.http.request"
    HttpRequest.__qualname__ = "HttpRequest"

    @router.connect
    async def opened(request: HttpRequest, connection: Connection) -> None:
        seen.append((request, connection.user))

    user = User()
    Gateway(router, user=user, run=run).connect()
    assert seen == [("the request", user)]


def test_an_exception_handler_refuses(run: Run) -> None:
    router = tree("connect", [], deep=KeyError())
    router.exception_handler(KeyError)(lambda: Reject(409, "Twice."))
    answer = Gateway(router, run=run).connect()
    assert (answer.status, answer.body) == (409, b"Twice.")


def test_every_disconnect_handler_runs(run: Run) -> None:
    seen: list[str] = []
    router = tree(
        "disconnect", seen, first=ValueError("1"), deep=Reject(400), beside=Missing()
    )
    gateway = Gateway(router, run=run)
    gateway.disconnect()
    assert seen == EVERYONE
    assert [type(crash) for crash in gateway.crashes] == [ValueError, Reject, Missing]


def test_an_exception_handler_settles_a_disconnect(run: Run) -> None:
    seen: list[str] = []
    router = tree("disconnect", seen, first=KeyError(), inner=ValueError())
    router.exception_handler(KeyError)(noting(seen, "handled"))
    router.exception_handler(ValueError)(noting(seen, "failed", OSError()))
    gateway = Gateway(router, run=run)
    gateway.disconnect()
    assert seen == ["first", "handled", "inner", "failed", "deep", "beside", "last"]
    assert [type(crash) for crash in gateway.crashes] == [OSError]


def test_a_return_value_of_disconnect_is_nothing() -> None:
    seen: list[str] = []
    gateway = Gateway(tree("disconnect", seen, first=Accept("x"), inner=False))
    gateway.disconnect()
    assert seen == EVERYONE
    assert gateway.crashes == []


def test_what_disconnect_is_given(run: Run) -> None:
    router, seen = Router(), []

    @router.disconnect
    async def closed(how: Disconnected, connection: Connection) -> None:
        seen.append((how, connection.id))

    how = Disconnected(cause=Cause.GONE, code=1001, reason="Going away")
    Gateway(router, run=run).disconnect(how)
    assert seen == [(how, "c1=")]


def test_state_and_groups_of_a_new_connection(run: Run) -> None:
    router = Router()

    @router.connect
    def first(connection: Connection) -> None:
        connection.state["cart"] = [1]
        connection.join("shop")

    @router.connect
    async def second(connection: Connection) -> None:
        await connection.aupdate_state(seen=True)
        await connection.ajoin("more")

    connection = Connection("c1=")
    Gateway(router, run=run).connect(connection)
    assert connection.state == {"cart": [1], "seen": True}
    assert connection.groups == {"shop", "more"}
