"""What a message sends leaves after its answer: by the view and both fast paths."""

import asyncio
import gc
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpResponse
from django.test import override_settings
from pydantic_core import from_json

from tests.django.entry_points import HTTP_ENTRY_POINTS
from tests.django.events import Gateway, headers, serving
from tests.django.group_routes import Socket
from tests.django.replies_first_routes import may_go_on, news, router, statuses, tasks
from wsrouter import Delivery, Report, asgi
from wsrouter.delivery import batch_threads
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.delivery.ports import PostResult
from wsrouter.models import QueuedSend
from wsrouter.routing.delivery import Status
from wsrouter.routing.ports import Address
from wsrouter.testing.substitution import substituted
from wsrouter.wiring import leaving, process_threads, sender_for

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("shared_database")]
TIMEOUT_SECONDS = 20


class Watched(MemoryTransport):
    """Notes what arrives beside the answers; may keep posts waiting."""

    def __init__(self, seen: list[str]) -> None:
        super().__init__()
        self.seen = seen
        self.may_post = threading.Event()
        self.may_post.set()
        self.threads: list[str] = []

    def post(self, address: Address, data: bytes) -> PostResult:
        assert self.may_post.wait(TIMEOUT_SECONDS)
        self.threads.append(threading.current_thread().name)
        frame = from_json(data)
        self.seen.append(frame.get("payload", "reply"))
        return super().post(address, data)

    def close(self, address: Address) -> None:
        self.seen.append("close")
        super().close(address)


class Client(Gateway):
    """A connection whose answers are noted when their last byte has been sent."""

    def __init__(self, kind: str, wire: Watched) -> None:
        class Noting(HTTP_ENTRY_POINTS[kind]):  # type: ignore[misc]
            def application(self) -> Any:
                inner = super().application()
                note = _noted_asgi if kind.endswith("asgi") else _noted_wsgi
                return note(inner, wire.seen)

        super().__init__(http=Noting())
        self.socket = Socket()
        self.wire = wire

    def open(self) -> "Client":
        assert self.connect().status_code == 200
        self.wire.opened(self.id, self.socket)
        self.wire.seen.clear()
        return self


def _noted_wsgi(application: Any, seen: list[str]) -> Any:
    class Body:
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def __iter__(self) -> Iterator[bytes]:
            yield from self.inner
            seen.append("answer")

        def close(self) -> None:
            getattr(self.inner, "close", lambda: None)()

    return lambda environ, start: Body(application(environ, start))


def _noted_asgi(application: Any, seen: list[str]) -> Any:
    async def noted(scope: Any, receive: Any, send: Any) -> None:
        async def noting(message: Any) -> None:
            await send(message)
            is_body = message["type"] == "http.response.body"
            if is_body and not message.get("more_body"):
                seen.append("answer")

        await application(scope, receive, noting)

    return noted


@pytest.fixture
def wire() -> Iterator[Watched]:
    """Its transport takes the place of the network; threads of the process are used
    where a test asks for `threads`."""
    found = Watched([])
    statuses.clear()
    tasks.clear()
    may_go_on.clear()
    with serving(router), substituted(transport=found, secret=""):
        yield found
    found.may_post.set()


@pytest.fixture(params=list(HTTP_ENTRY_POINTS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def client(kind: str, wire: Watched) -> Client:
    return Client(kind, wire).open()


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a process that serves requests."""
    monkeypatch.setattr(leaving, "_is_in_place", lambda: False)
    yield
    process_threads.sends().close()


def wait_for(condition: Callable[[], object]) -> None:
    done = threading.Event()
    for _ in range(TIMEOUT_SECONDS * 100):
        if condition():
            return
        done.wait(0.01)
    raise AssertionError("It has not come about.")


@pytest.mark.parametrize("action", ["send", "asend"])
def test_the_answer_is_first(client: Client, action: str) -> None:
    assert client.send(action, "x")["payload"] == "deferred"
    assert client.wire.seen == ["answer", "x"]


def test_threads_too(client: Client, threads: None, deliveries: list[Delivery]) -> None:
    assert client.send("send", "x")["payload"] == "deferred"
    wait_for(lambda: deliveries)
    assert client.wire.seen == ["answer", "x"]
    assert client.wire.threads[0].startswith("wsrouter-send")
    assert deliveries[0].report == Report(delivered=1)


@pytest.mark.parametrize("kind", ["view-wsgi", "front-wsgi"], indirect=True)
def test_a_connection_is_free_for_its_next_request(
    client: Client, threads: None
) -> None:
    """A server that keeps connections alive reads the next request when the response
    is closed."""
    client.wire.may_post.clear()
    for number in range(3):
        assert client.send("send", str(number))["payload"] == "deferred"
    assert client.wire.seen == ["answer"] * 3
    client.wire.may_post.set()
    wait_for(lambda: len(client.wire.seen) == 6)


@pytest.mark.parametrize("kind", ["view-asgi", "front-asgi"], indirect=True)
def test_an_asgi_request_lasts_until_everything_has_left(
    client: Client, threads: None
) -> None:
    """A server that is told to stop waits for its requests."""
    client.wire.may_post.clear()
    sender = threading.Thread(target=lambda: client.send("asend", "x"))
    sender.start()
    wait_for(lambda: client.wire.seen == ["answer"])
    assert sender.is_alive()
    client.wire.may_post.set()
    sender.join(TIMEOUT_SECONDS)
    assert client.wire.seen == ["answer", "x"]


def test_every_kind_of_handler_waits(client: Client) -> None:
    other = Client("view-wsgi", client.wire)
    assert other.connect().status_code == 200
    assert client.wire.seen == ["answer", "connect"]
    assert other.disconnect().status_code == 200
    assert client.wire.seen[2:] == ["answer", "disconnect"]
    client.wire.seen.clear()
    assert client.send("fail")["error"]["code"] == "missing"
    assert client.wire.seen == ["answer", "exception handler"]
    client.wire.seen.clear()
    assert client.send("through")["payload"] == "deferred"
    assert client.wire.seen == ["answer", "before", "handler", "after"]
    assert set(statuses) == {"deferred"}


def test_copies_of_the_context_share_the_message(client: Client) -> None:
    assert client.send("copies", "x")["payload"] == ["deferred", "deferred"]
    assert client.wire.seen == ["answer", "x", "x"]


def test_a_plain_thread_sends_at_once(client: Client) -> None:
    assert client.send("thread", "x")["payload"] == "done"
    assert client.wire.seen == ["x", "answer"]


def test_now_is_before_the_answer(client: Client) -> None:
    assert client.send("now", "x")["payload"] == "done"
    assert client.wire.seen == ["x", "answer"]


@pytest.mark.parametrize("is_atomic", [False, True])
def test_closing_is_in_order(client: Client, is_atomic: bool, request: Any) -> None:
    if is_atomic:
        request.getfixturevalue("atomic_requests")
    client.send("close", "x")
    order = list(dict.fromkeys(client.wire.seen))
    assert order == ["answer", "x before", "close", "x after"]
    assert client.socket.is_closed


def test_an_error_answer_takes_sends_back(
    client: Client, atomic_requests: None
) -> None:
    """But a socket that was to be closed is closed."""
    assert client.send("refuse", "x")["error"]["code"] == "no"
    assert client.wire.seen == ["answer", "close"]


def test_an_error_answer_without_a_transaction_has_sent(client: Client) -> None:
    assert client.send("refuse", "x")["error"]["code"] == "no"
    assert client.wire.seen == ["answer", "x", "close"]


def test_the_commit_is_waited_for(client: Client, atomic_requests: None) -> None:
    client.send("write", "x")
    assert Group.objects.get().name == "x"
    assert client.wire.seen == ["answer", "x"]


def test_a_posted_reply_is_first_too(client: Client) -> None:
    with (
        serving(router, REPLY_VIA="connection"),
        substituted(transport=client.wire, secret=""),
    ):
        client.text("send", b'{"action": "send", "id": "1", "payload": "x"}')
    assert client.wire.seen == ["deferred", "answer", "x"]


@pytest.mark.parametrize("where", ["setting", "lambda"])
def test_where_nothing_can_follow_an_answer(
    client: Client, where: str, monkeypatch: pytest.MonkeyPatch, request: Any
) -> None:
    options: dict[str, Any] = {"REPLIES_FIRST": False} if where == "setting" else {}
    if where == "lambda":
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "shop")
    process_threads.outlives_answers.cache_clear()
    try:
        with (
            serving(router, **options),
            substituted(transport=client.wire, secret=""),
        ):
            assert client.send("send", "x")["payload"] == "done"
            request.getfixturevalue("atomic_requests")
            assert client.send("send", "y")["payload"] == "deferred"
    finally:
        process_threads.outlives_answers.cache_clear()
    assert client.wire.seen == ["x", "answer", "y", "answer"]


@pytest.mark.parametrize("middleware", [True, False])
def test_every_answer_has_a_length(kind: str, wire: Watched, middleware: bool) -> None:
    """Waitress and Granian keep an answer without one until it is closed."""
    settings: dict[str, Any] = {} if middleware else {"MIDDLEWARE": []}
    with override_settings(**settings):
        client = Client(kind, wire)
        answers = [
            client.connect(),
            client.text("send", b'{"action": "send", "payload": "x"}'),
            client.text("send", b'{"action": "send", "payload": 7}'),
            client.text("nothing", b'{"action": "nothing"}'),
            client.post("MESSAGE", "send", b"{}", secret="x" * 32),
            client.disconnect(),
        ]
    for answer in answers:
        assert int(answer.headers["Content-Length"]) == len(answer.content)


# What becomes of the answer does not matter


def replaced(get_response: Any) -> Any:
    """A middleware with an answer of its own."""

    def answer(request: Any) -> HttpResponse:
        get_response(request)
        gc.collect()
        return HttpResponse("mine", status=200)

    return answer


def test_an_answer_that_is_replaced(wire: Watched) -> None:
    client = Client("view-wsgi", wire).open()
    with override_settings(MIDDLEWARE=[f"{__name__}.replaced"]):
        answer = client.text("send", b'{"action": "send", "payload": "x"}')
    assert answer.content == b"mine"
    assert sorted(wire.seen) == ["answer", "x"]


@pytest.mark.parametrize("kind", ["view-wsgi", "front-wsgi"], indirect=True)
def test_an_answer_that_is_never_closed(client: Client) -> None:
    http: Any = client.http
    http.__class__ = type("Careless", (http.__class__,), {"request_raw": unclosed})
    client.text("send", b'{"action": "send", "payload": "x"}')
    gc.collect()
    assert client.wire.seen == ["x"]


def unclosed(
    self: Any, method: str, path: str, query: str, sent: Any, body: bytes
) -> HttpResponse:
    """As a server does whose client has gone."""
    from io import BytesIO

    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in sent}
    environ |= {"REQUEST_METHOD": method, "PATH_INFO": path, "SERVER_NAME": "x"}
    environ |= {"SERVER_PORT": "80", "wsgi.input": BytesIO(body)}
    environ |= {"CONTENT_LENGTH": str(len(body)), "wsgi.url_scheme": "http"}
    self.application()(environ, lambda *_: None)
    return HttpResponse()


@pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile")  # Django's, when cancelled
@pytest.mark.parametrize("front", [True, False])
def test_a_client_that_has_gone_away(wire: Watched, front: bool, threads: None) -> None:
    """The server cancels the request while it writes the answer."""
    client = Client("view-wsgi", wire).open()
    application: Any = ASGIHandler()
    application = asgi.fast_path(application) if front else application

    async def act() -> None:
        is_writing = asyncio.Event()

        async def stuck(message: Any) -> None:
            is_writing.set()
            await asyncio.sleep(TIMEOUT_SECONDS)

        task = asyncio.create_task(_message(application, client.id, "asend", stuck))
        await asyncio.wait_for(is_writing.wait(), TIMEOUT_SECONDS)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(act())
    gc.collect()
    wait_for(lambda: wire.seen == ["x"])


async def _written(message: Any) -> None: ...


def test_a_task_that_outlives_its_message(wire: Watched, threads: None) -> None:
    client = Client("view-wsgi", wire).open()
    statuses.clear()

    async def act() -> None:
        await _message(asgi.fast_path(ASGIHandler()), client.id, "later")
        may_go_on.set()
        await asyncio.gather(*tasks)

    asyncio.run(act())
    assert (statuses, wire.seen) == (["done"], ["x"])


async def _message(
    application: Any, connection_id: str, action: str, send: Any = _written
) -> None:
    sent = headers("MESSAGE", action, connection_id=connection_id)
    sent["Host"] = "testserver"
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/ws/",
        "query_string": b"",
        "headers": [
            (name.lower().encode(), value.encode()) for name, value in sent.items()
        ],
    }
    body = b'{"action": "%s", "payload": "x"}' % action.encode()
    parts = iter([{"type": "http.request", "body": body}])

    async def receive() -> Any:
        for part in parts:
            return part
        return await asyncio.sleep(TIMEOUT_SECONDS)

    await application(scope, receive, send)


# Time, errors, and too much of it


def test_all_that_follows_one_answer_has_one_budget(
    wire: Watched, deliveries: list[Delivery]
) -> None:
    client = Client("view-wsgi", wire).open()
    others = [Client("view-wsgi", wire).open() for _ in range(40)]
    deliveries.clear()
    with (
        serving(router, POSTS_PER_SECOND=20, SEND_SECONDS=0.5),
        substituted(transport=wire, secret=""),
    ):
        client.send("through")
    reports = [delivery.report or Report() for delivery in deliveries]
    assert [report.recipients for report in reports] == [len(others) + 1] * 3
    assert 1 <= reports[0].delivered < 40
    assert reports[2] == Report(failed=41, reasons={"out_of_time": 41})


def test_what_is_left_goes_to_the_engine(
    wire: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[Any] = []
    engine = lambda name: (lambda *task: queued.append(task)) if name else None  # noqa: E731
    monkeypatch.setattr(sender_for, "_engine", engine)
    client = Client("view-wsgi", wire).open()
    others = [Client("view-wsgi", wire).open() for _ in range(40)]
    options = {"POSTS_PER_SECOND": 20, "SEND_SECONDS": 0.5, "BACKGROUND": "celery"}
    with serving(router, **options), substituted(transport=wire, secret=""):
        client.send("through")
    assert others
    assert [send.event for send in QueuedSend.objects.all()] == ["news"] * len(queued)
    assert len(queued) == 2


@pytest.mark.parametrize("kind", ["view-wsgi", "front-wsgi"], indirect=True)
def test_a_task_is_queued_after_the_answer(
    client: Client, atomic_requests: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = client.wire.seen
    engine = lambda name: (lambda *_: seen.append("task")) if name else None  # noqa: E731
    monkeypatch.setattr(sender_for, "_engine", engine)
    with (
        serving(router, BACKGROUND="celery"),
        substituted(transport=client.wire, secret=""),
    ):
        assert client.send("send", "x")["payload"] == "deferred"
    assert seen == ["answer", "task"]
    assert QueuedSend.objects.count() == 1


def test_one_failure_stops_no_other(
    client: Client,
    deliveries: list[Delivery],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    real, calls = client.wire.post_all, iter([True, False, False])

    def post_all(*arguments: Any) -> None:
        if next(calls):
            raise RuntimeError("no network")
        real(*arguments)

    deliveries.clear()
    monkeypatch.setattr(client.wire, "post_all", post_all)
    assert client.send("through")["payload"] == "deferred"
    assert client.wire.seen == ["answer", "handler", "after"]
    reports = [delivery.report or Report() for delivery in deliveries]
    assert [report.stopped for report in reports] == [
        "RuntimeError: no network",
        "",
        "",
    ]
    assert "The event 'news' was not sent." in caplog.text


@pytest.mark.parametrize("kind", ["view-wsgi", "front-wsgi"], indirect=True)
def test_when_too_much_waits_the_request_does_it(
    client: Client, threads: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_threads, "THREADS", 1)
    monkeypatch.setattr(batch_threads, "MAX_WAITING_SENDS", 2)
    client.wire.may_post.clear()
    client.send("send", "under way")
    wait_for(lambda: not process_threads.sends()._sends)
    client.send("send", "waits")
    client.send("send", "waits too")
    mine = threading.Thread(target=lambda: client.send("send", "here"))
    mine.start()
    wait_for(lambda: client.wire.seen.count("answer") == 4)
    assert mine.is_alive()
    client.wire.may_post.set()
    mine.join(TIMEOUT_SECONDS)
    wait_for(lambda: len(client.wire.seen) == 8)
    assert not all(name.startswith("wsrouter-send") for name in client.wire.threads)


def test_nothing_is_deferred_outside_a_message(wire: Watched) -> None:
    client = Client("view-wsgi", wire).open()
    client.send("send", "x")
    assert news.send("y", connection=client.id).status is Status.DONE
    assert wire.seen == ["answer", "x", "y"]
