"""Open connections in the admin: found, read page by page, and closed."""

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from websockets.exceptions import ConnectionClosed

from tests.admin.rows import connections, listed
from tests.admin.test_gateways import a_client, text
from tests.django.client_routes import router
from tests.django.events import serving
from tests.local.recording_backend import RecordingBackend
from tests.local.running_gateway import running, snapshot
from wsrouter.admin import long_list
from wsrouter.models import OpenConnection
from wsrouter.testing import WebSocketClient

pytestmark = [pytest.mark.database, pytest.mark.django_db]
LIST = "/admin/wsrouter/openconnection/"


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    with serving(router):
        yield


@pytest.fixture
def viewer() -> Client:
    return a_client("view_openconnection")


@pytest.fixture
def closer() -> Client:
    return a_client("view_openconnection", "close_openconnection")


def found(client: Client, query: str = "") -> list[str]:
    return listed(text(client.get(LIST + query)))


def next_page(page: str) -> str:
    """The address that the link leads to, or nothing."""
    link = re.search(r'href="([^"]+)" rel="next"', page)
    return link[1].replace("&amp;", "&") if link else ""


def close(client: Client, *rows: OpenConnection, **more: Any) -> Any:
    data = {"action": "close_connections", **more}
    data["_selected_action"] = [str(row.pk) for row in rows]
    return client.post(LIST, data, follow=True)


def test_a_user_is_found_by_name_key_and_beginning(viewer: Client) -> None:
    ada, adam = (User.objects.create_user(name) for name in ("ada", "adam"))
    connections(2, user=ada)
    connections(1, user=adam, first=2)
    connections(1, first=3)

    assert found(viewer, "?q=ada") == ["c0000", "c0001"]
    assert found(viewer, f"?q=user:{ada.pk}") == ["c0000", "c0001"]
    assert found(viewer, f"?q=pk:{adam.pk}") == ["c0002"]
    assert found(viewer, "?q=adam") == found(viewer, "?q=user: adam") == ["c0002"]
    assert found(viewer, "?q=nobody") == found(viewer, "?q=pk:none") == []
    page = text(viewer.get(f"{LIST}?q=ad"))
    assert listed(page) == []
    assert "Several users match" in page
    for user in (ada, adam):
        assert f'<a href="?q=pk:{user.pk}">{user.username}</a>' in page


def test_what_a_search_needs_not_to_crash_on(viewer: Client) -> None:
    for query in ("?q=%00", "?q=pk:9" + "9" * 40, "?q=group:", "?q=:", "?q=id:x"):
        assert found(viewer, query) == []
    for after in (
        "x",
        "[]",
        "[1,2]",
        '["a"]',
        "[true]",
        "[null]",
        "[" * 5000,
        "[1e99]",
    ):
        answer = viewer.get(LIST, {"after": after}, follow=True)
        assert answer.redirect_chain == [(f"{LIST}?e=1", 302)], after


def test_a_group_an_id_and_an_address_are_found(viewer: Client) -> None:
    connections(3, groups=["orders.7", "all"])
    connections(2, groups=["all"], first=3, source_ip="192.0.2.1")

    assert found(viewer, "?q=group:orders.7") == ["c0000", "c0001", "c0002"]
    assert found(viewer, "?q=c0004") == found(viewer, "?q=id:c0004") == ["c0004"]
    assert found(viewer, "?q=ip:192.0.2.1") == ["c0004", "c0003"]
    assert found(viewer, "?q=group:orders") == []


@pytest.mark.parametrize("query", ["", "?q=ada", "?q=group:all", "?state=ended"])
def test_pages_have_every_row_once(
    viewer: Client, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_list, "ROWS", 4)
    ada = User.objects.create_user("ada")
    connections(10, user=ada, groups=["all", "other"], minutes=-1)
    pages, query = [], query or "?"
    while query:
        page = text(viewer.get(LIST + query))
        pages.append(listed(page))
        query = next_page(page)
        assert "10 open connections" in page
        assert ("First page" in page) == (len(pages) > 1)

    assert [len(ids) for ids in pages] == [4, 4, 2]
    assert len({each for ids in pages for each in ids}) == 10


def test_filters_look_at_so_many_rows_at_a_time(
    viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_list, "WINDOW", 5)
    connections(2, gateway="rare")
    connections(8, first=2)
    connections(2, first=10, minutes=-1)

    page = text(viewer.get(f"{LIST}?gateway=rare"))
    seen = [listed(page)]
    while link := next_page(page):
        assert "Look further" in page
        page = text(viewer.get(LIST + link))
        seen.append(listed(page))

    assert seen == [[], [], ["c0001", "c0000"]]
    assert found(viewer, "?state=ended") == ["c0011", "c0010"]
    assert found(viewer, "?state=open&q=c0011") == []


def test_a_row_tells_its_age_and_its_end(viewer: Client) -> None:
    connections(1, user=User.objects.create_user("ada"), minutes=30.5)
    page = text(viewer.get(LIST))

    for shown in ("5\xa0minutes", "30\xa0minutes", "ada", "open", "default"):
        assert shown in page
    [row] = OpenConnection.objects.all()
    assert "Close this" not in text(viewer.get(f"{LIST}{row.pk}/change/"))


def test_sockets_are_closed_after_a_confirmation(
    closer: Client, caplog: pytest.LogCaptureFixture
) -> None:
    ada = User.objects.create_user("ada")
    with WebSocketClient(ada) as socket, WebSocketClient(ada) as other:
        row = OpenConnection.objects.get(connection_id=socket.connection_id)
        assert 'value="close_connections"' in text(closer.get(LIST))
        page = text(closer.get(f"{LIST}{row.pk}/change/"))
        assert "Close this connection" in page
        asked = text(close(closer, row))
        assert f"{row.connection_id}, ada, gateway default" in asked
        assert socket.is_open
        with caplog.at_level(logging.INFO, "wsrouter.security"):
            done = text(close(closer, row, confirmed="yes", select_across="1"))

        assert "1 connection has ended" in done
        assert not socket.is_open
        assert other.is_open
    assert [row.connection_id] == [e.object_repr.split()[0] for e in entries()]
    assert f"closed connections in the admin: {row.connection_id}" in caplog.text


def entries() -> list[LogEntry]:
    return list(LogEntry.objects.all())


def test_closing_needs_its_permission(viewer: Client) -> None:
    with WebSocketClient(User.objects.create_user("ada")) as socket:
        [row] = OpenConnection.objects.all()
        page = text(viewer.get(LIST))
        assert "close_connections" not in page
        close(viewer, row, confirmed="yes")
        assert socket.is_open
    assert entries() == []


@pytest.mark.django_db(transaction=True)
def test_the_socket_at_the_gateway_is_closed(closer: Client, settings: Any) -> None:
    backend = RecordingBackend()
    with backend.running(), running(snapshot(), backend.url) as gateway:
        settings.WSROUTER = {
            "default": {
                **settings.WSROUTER["default"],
                "MANAGEMENT_ENDPOINT": gateway.management_endpoint,
            }
        }
        socket = gateway.open()
        asked = backend.wait_for("CONNECT")[-1]
        name = str(asked.header("X-Wsrouter-Connection-Id"))
        [row] = connections(1, api_id="local")
        OpenConnection.objects.update(connection_id=name)
        ask = f"{LIST}{row.pk}/ask/"

        assert "open, last active at" in text(closer.post(ask, follow=True))
        assert closer.get(ask).status_code == 405
        close(closer, row, confirmed="yes")
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=30)
        assert closed.value.rcvd
        assert closed.value.rcvd.code == 1000


@pytest.mark.django_db(transaction=True)
def test_a_socket_that_cannot_be_closed_now_is_listed(
    closer: Client, settings: Any
) -> None:
    endpoint = {"MANAGEMENT_ENDPOINT": "http://127.0.0.1:9/production"}
    settings.WSROUTER = {"default": {**settings.WSROUTER["default"], **endpoint}}
    [row] = connections(1)
    asked = text(closer.post(f"{LIST}{row.pk}/ask/", follow=True))
    assert "API Gateway could not be asked" in asked

    for _ in range(2):
        done = close(closer, row, confirmed="yes")
        assert "1 connection has ended" in text(done)
        assert found(closer, "?state=ended") == ["c0000"]
    assert found(closer, "?state=open") == []


def test_hashes_cannot_be_guessed_by_conditions_in_the_address() -> None:
    client = a_client("view_openconnection", "view_ticket", "view_keptevent")
    connections(1, auth_hash="secret")
    for table, condition in (
        ("openconnection", "auth_hash__startswith=s"),
        ("openconnection", "user__password__startswith=m"),
        ("openconnection", "session_hash="),
        ("ticket", "digest__startswith=a"),
        ("keptevent", "payload__contains=a"),
    ):
        answer = client.get(f"/admin/wsrouter/{table}/?{condition}")
        assert answer.status_code == 400
