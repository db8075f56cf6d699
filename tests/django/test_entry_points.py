"""The same answers, byte for byte, by the view and the fast paths, WSGI and ASGI."""

import logging
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.signals import got_request_exception
from django.db import connection as database
from django.db import connections, transaction
from django.http import HttpRequest
from django.utils.log import AdminEmailHandler

from tests.django.entry_point_routes import ended, kept, router
from tests.django.entry_points import (
    ENTRY_POINTS,
    FAST_PATHS,
    HTTP_ENTRY_POINTS,
    EntryPoint,
    to_django,
)
from tests.django.events import CONTEXT, SECRET, Gateway, headers, new_id, serving
from wsrouter.endpoint import fast_path, request_thread
from wsrouter.models import OpenConnection

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("shared_database")]
LIMIT = 128 * 1024
ID = "HJ1_Zv-door0001="
REQUEST_ID, MESSAGE_ID = CONTEXT["requestId"], CONTEXT["messageId"]


@pytest.fixture(params=list(ENTRY_POINTS))
def entry_point(request: pytest.FixtureRequest) -> EntryPoint:
    return ENTRY_POINTS[request.param]()


@pytest.fixture(params=list(FAST_PATHS))
def front(request: pytest.FixtureRequest) -> EntryPoint:
    to_django.clear()
    return FAST_PATHS[request.param]()


@pytest.fixture(autouse=True)
def _served() -> Any:
    """Threads that wait would go on with the database of the last test. None of them
    has a connection open: requests that do not persist close theirs."""
    ended.clear()
    with serving(router):
        yield
    while request_thread._idle:
        thread = request_thread._idle.pop()
        assert thread.submit(open_databases).result() == []
        thread.shutdown()


def open_databases() -> list[str]:
    """Those that this thread has a connection to."""
    opened = connections.all(initialized_only=True)
    return [each.alias for each in opened if each.connection is not None]


def told(
    entry_point: EntryPoint, body: bytes, key: str = "$default", **mapped: Any
) -> Any:
    event = mapped.pop("event", "MESSAGE")
    client = mapped.pop("client", {})
    found = headers(event, key, connection_id=ID, **mapped) | client
    response = entry_point.post("/ws/", data=body, headers=found)
    return response.status_code, response["Content-Type"], response.content


def frame(action: str, payload: str = "null") -> tuple[bytes, str]:
    body = f'{{"action":"{action}","id":"7","payload":{payload}}}'
    return body.encode(), action


ANSWERED = {
    **{name: frame(name, '"x"') for name in ("echo", "aecho", "awrite", "write")},
    **{name: frame(name) for name in ("who", "awho", "request", "allowed", "crash")},
    **{name: frame(name) for name in ("acrash", "sold", "no.such")},
    "by its body": (b'{"action":"echo","payload":"x"}', "$default"),
    "invalid": frame("echo", "7"),
    "not JSON": (b"{", "echo"),
    "no object": (b"7", "$default"),
    "empty": (b"", "echo"),
    "not UTF-8": (b'"\xff"', "echo"),
    "largest": frame("aecho", f'"{"x" * (LIMIT - 41)}"'),
    "too large": frame("aecho", f'"{"x" * LIMIT}"'),
    "too deep": (b"[" * 65 + b"]" * 65, "echo"),
}


@pytest.mark.parametrize("name", ANSWERED)
def test_every_door_answers_alike(name: str, user: User) -> None:
    body, key = ANSWERED[name]
    Gateway(ID).connect(user)
    to_django.clear()
    answers = {}
    for entry_point in ENTRY_POINTS:
        Group.objects.all().delete()
        answers[entry_point] = told(ENTRY_POINTS[entry_point](), body, key)
    assert set(answers.values()) == {answers["view-wsgi"]}, answers
    assert answers["view-wsgi"][:2] == (200, "application/json")
    assert not to_django


UNTAKEN: dict[str, dict[str, Any]] = {
    "no secret": {"secret": ""},
    "a wrong secret": {"secret": "x" * 32},
    "the secret twice": {"client": {"X-Wsrouter-Secret": [SECRET, SECRET]}},
    "another gateway": {"alias": "nobody"},
    "two connections": {"client": {"X-Wsrouter-Connection-Id": [ID, ID]}},
    "two events": {"client": {"X-Wsrouter-Event-Type": ["MESSAGE", "MESSAGE"]}},
    "no event": {"event": "PING"},
    "a handshake's header": {"client": {"Sec-WebSocket-Key": "x"}},
    "an impossible id": {"client": {"X-Wsrouter-Connection-Id": "a b"}},
}


@pytest.mark.parametrize("name", UNTAKEN)
@pytest.mark.parametrize("is_known", [False, True])
def test_what_is_refused_is_refused_alike(name: str, is_known: bool) -> None:
    """By Django, until a door has learnt where the endpoint is; then it sends strangers
    away itself."""
    answers = {}
    for entry_point in HTTP_ENTRY_POINTS:
        fast_path._endpoint_paths.clear()
        if is_known:
            told(ENTRY_POINTS[entry_point](), *frame("echo", '"x"'))
        to_django.clear()
        answers[entry_point] = told(
            ENTRY_POINTS[entry_point](), *frame("echo", '"x"'), **UNTAKEN[name]
        )
        sent_away = is_known and answers[entry_point][0] == 403
        assert to_django == (
            ["/ws/"] if entry_point in FAST_PATHS and not sent_away else []
        )
    assert set(answers.values()) == {answers["view-wsgi"]}, answers
    assert answers["view-wsgi"][0] in (400, 403)
    assert answers["view-wsgi"][2] == b""


@pytest.mark.parametrize("event", ["CONNECT", "MESSAGE", "", "x"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_stranger_is_sent_away_whatever_the_request(
    front: EntryPoint, event: str, method: str
) -> None:
    told(front, *frame("echo", '"x"'))
    for secret in ("", "x" * 32):
        sent = headers("MESSAGE", "echo", connection_id=ID, secret=secret)
        sent["X-Wsrouter-Event-Type"] = event
        answer = front.post("/ws/", data=b"{}", headers=sent, method=method)
        assert (answer.status_code, answer.content) == (403, b"")
    assert not to_django


@pytest.mark.parametrize(("path", "status"), [("/ws/x/", 404), ("/nowhere/", 404)])
def test_other_urls_are_djangos(front: EntryPoint, path: str, status: int) -> None:
    found = headers("MESSAGE", "echo", connection_id=ID)
    assert front.post(path, data=b"{}", headers=found).status_code == status
    assert to_django == [path]


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_other_methods_are_djangos(front: EntryPoint, method: str) -> None:
    found = headers("MESSAGE", "echo", connection_id=ID)
    answer = front.post("/ws/", data=b"", headers=found, method=method)
    assert (answer.status_code, to_django) == (405, ["/ws/"])


@pytest.mark.parametrize("entry_point", list(HTTP_ENTRY_POINTS), indirect=True)
@pytest.mark.parametrize("secret", ["", SECRET])
def test_a_mistake_in_the_settings_is_djangos_500(
    secret: str, entry_point: EntryPoint, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(router, ENVELOPE="round"):
        status, kind, text = told(entry_point, *frame("echo", '"x"'), secret=secret)
    assert (status, kind) == (500, "text/html; charset=utf-8")
    assert b"Server Error" in text
    (record,) = caplog.records
    assert record.getMessage() == "Internal Server Error: /ws/"
    assert "ENVELOPE" in str(record.exc_info and record.exc_info[1])


def test_the_life_of_a_connection(entry_point: EntryPoint, user: User) -> None:
    gateway = Gateway(http=entry_point)  # type: ignore[arg-type]
    assert gateway.connect(user).status_code == 200
    assert gateway.send("who")["payload"] == f"ada {gateway.id}"
    assert gateway.send("awho")["payload"] == "ada []"
    assert OpenConnection.objects.get().state == {"seen": True}
    answer = gateway.disconnect()
    assert (answer.status_code, answer.content) == (200, b"")
    assert ended == [f"{gateway.id} ada ['all']"]
    assert not OpenConnection.objects.exists()
    assert gateway.disconnect().status_code == 200
    assert len(ended) == 1


@pytest.mark.parametrize("is_anonymous", [False, True])
def test_the_user_of_the_request_is_the_connections(
    entry_point: EntryPoint, is_anonymous: bool, user: User
) -> None:
    gateway = Gateway(http=entry_point)  # type: ignore[arg-type]
    gateway.connect(None if is_anonymous else user)
    name = "AnonymousUser" if is_anonymous else "ada"
    answers = {
        "request.user": name,
        "request.user.known": [name, True],
        "request.auser": f"{name} {name}",
        "request.auser.known": f"{name} {name} {name}",
    }
    found = {action: gateway.send(action)["payload"] for action in answers}
    assert found == answers


def test_no_user_is_looked_up_after_the_answer(
    entry_point: EntryPoint, user: User
) -> None:
    """The mail of a later log line shows the request, in another thread."""
    gateway = Gateway(http=entry_point)  # type: ignore[arg-type]
    gateway.connect(user)
    assert gateway.send("request.kept")["payload"] == "POST"
    with pytest.raises(RuntimeError, match="has been answered"):
        str(kept.pop().user)


@pytest.mark.parametrize("action", ["request.user", "request.auser"])
def test_the_user_of_the_request_may_have_logged_out(
    action: str, entry_point: EntryPoint, user: User, sockets: list[str]
) -> None:
    gateway = Gateway(http=entry_point)  # type: ignore[arg-type]
    assert gateway.send(action)["error"]["code"] == "connection_unknown"
    gateway.connect(user)
    User.objects.update(is_active=False)
    assert gateway.send(action)["error"]["code"] == "not_authenticated"
    assert sockets == [gateway.id]


@pytest.mark.parametrize("action", ["write", "awrite"])
def test_atomic_requests(
    action: str, entry_point: EntryPoint, atomic_requests: None
) -> None:
    gateway = Gateway(http=entry_point)  # type: ignore[arg-type]
    assert gateway.send(action, "refused")["error"]["code"] == "no"
    assert not Group.objects.exists()
    assert gateway.send(action, "good")["payload"] == "good"
    assert Group.objects.get().name == "good"


@pytest.mark.parametrize("action", ["crash", "acrash"])
@pytest.mark.parametrize("status", [200, 500])
def test_a_crash_is_reported(
    action: str, status: int, entry_point: EntryPoint, caplog: pytest.LogCaptureFixture
) -> None:
    paths: list[str] = []

    def listen(request: HttpRequest, **_: Any) -> None:
        paths.append(request.path)

    got_request_exception.connect(listen)
    try:
        with serving(router, CRASH_STATUS=status):
            assert told(entry_point, *frame(action))[0] == status
    finally:
        got_request_exception.disconnect(listen)
    assert paths == ["/ws/"]
    found = [(each.name, bool(each.exc_info)) for each in caplog.records]
    assert found[0] == ("wsrouter.request", True)
    logged = [("django.request", "Internal Server Error: /ws/")]
    rest = [(each.name, each.getMessage()) for each in caplog.records[1:]]
    assert rest == (logged if status == 500 else [])
    assert all(each.levelno == logging.ERROR for each in caplog.records)


@pytest.mark.parametrize("action", ["crash", "acrash"])
def test_a_crash_is_mailed_with_its_request(
    action: str, entry_point: EntryPoint
) -> None:
    """As a view's is, by LOGGING that mails; the secret stays here."""
    mails: list[Any] = []

    class Mail(AdminEmailHandler):
        def send_mail(self, *told: Any, **_: Any) -> None:
            mails.append(told)

    logger, handler = logging.getLogger("wsrouter"), Mail()
    handler.setLevel(logging.ERROR)
    logger.addHandler(handler)
    try:
        told(entry_point, *frame(action))
    finally:
        logger.removeHandler(handler)
    [(subject, text, *_)] = mails
    ids = [f"connection {ID}", f"request {REQUEST_ID}", f"message {MESSAGE_ID}"]
    assert f"MESSAGE {action} failed ({', '.join(ids)})" in subject
    assert "Request Method: POST" in text
    assert ID in text
    assert SECRET not in text


def test_the_end_of_a_session_is_acted_on(
    entry_point: EntryPoint, user: User, sockets: list[str]
) -> None:
    gateway = Gateway(http=entry_point)  # type: ignore[arg-type]
    gateway.connect(user)
    User.objects.update(is_active=False)
    assert gateway.send("who")["error"]["code"] == "not_authenticated"
    assert not OpenConnection.objects.exists()
    assert sockets == [gateway.id]


@pytest.fixture
def sockets() -> Any:
    """Those that were closed, in order."""
    from wsrouter.delivery.memory import MemoryTransport
    from wsrouter.testing.substitution import substituted

    closed: list[str] = []

    class Watched(MemoryTransport):
        def close(self, address: Any) -> None:
            closed.append(address.connection_id)

    with substituted(transport=Watched(), secret=""):
        yield closed


def test_transactions_are_over_when_a_door_has_answered(
    entry_point: EntryPoint,
) -> None:
    told(entry_point, *frame("write", '"x"'))
    assert not database.in_atomic_block
    with transaction.atomic():
        assert Group.objects.count() == 1


def test_new_ids_do_not_meet() -> None:
    assert new_id() != ID
