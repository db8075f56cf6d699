"""Streams and kept events in the admin."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.admin.test_gateways import a_client, text
from tests.django.events import serving
from tests.streams import stream_routes
from tests.streams.stream_routes import Watcher, entry, news, position, short
from wsrouter.delivery.memory import MemoryTransport
from wsrouter.models import KeptEvent, Stream
from wsrouter.testing.substitution import substituted

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
STREAMS = "/admin/wsrouter/stream/"
EVENTS = "/admin/wsrouter/keptevent/"
SECRET_TEXT = "nobody may know"


@pytest.fixture(autouse=True)
def transport() -> Iterator[MemoryTransport]:
    memory = MemoryTransport()
    with serving(stream_routes.router), substituted(transport=memory, secret=""):
        yield memory


@pytest.fixture
def client() -> Client:
    return a_client("view_stream", "delete_stream", name="eve")


def cells(page: str) -> list[list[str]]:
    """The rows of a list, without the boxes to tick."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [
        [
            re.sub("<[^>]*>", "", cell)
            for cell in re.findall(r"<t[dh][ >].*?</t[dh]>", row)
        ]
        for row in re.findall(r"<tr.*?</tr>", body, re.S)
    ]


def act(client: Client, *streams: Stream, query: str = "", **data: Any) -> Any:
    selected = [str(stream.pk) for stream in streams]
    return client.post(STREAMS + query, {"_selected_action": selected, **data})


def test_the_list_says_what_is_kept(client: Client) -> None:
    ada = User.objects.create_user("ada")
    for number in range(3):
        short.send(str(number), group="room")
    news.send("a", user=ada)
    KeptEvent.objects.filter(seq=1, kind="group").update(numbered_ms=43_200_000)
    [room], [own] = (
        Stream.objects.filter(kind="group"),
        Stream.objects.filter(kind="user"),
    )

    user_row, group_row = cells(text(client.get(STREAMS)))

    assert group_row[-8:] == [
        "group room", "default", "3", "3", "Jan. 1, 1970, 6 a.m.", room.epoch,
        "3", "60",
    ]  # fmt: skip
    page = text(client.get(f"{STREAMS}{room.pk}/change/"))
    assert "Jan. 1, 1970, 6 a.m." in page
    assert user_row[-8:-4] == ["user ada", "default", "1", "1"]
    assert user_row[-3:] == [own.epoch, "100", "3600"]


def test_it_is_searched_and_filtered(client: Client) -> None:
    ada = User.objects.create_user("ada")
    news.send("a", user=ada)
    news.send("a", groups=["room:1", "room:2"])

    def found(query: str) -> list[str]:
        rows = cells(text(client.get(f"{STREAMS}?{query}")))
        return [row[-8] for row in rows]

    assert found("q=room:1") == ["group room:1"]
    assert found("q=ada") == ["user ada"]
    assert found("kind=user") == ["user ada"]
    assert len(found("gateway=default")) == 3
    assert found("gateway=nowhere") == []


def test_the_queries_of_a_page_do_not_grow(client: Client) -> None:
    def count(url: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    watcher = a_client("view_keptevent", name="ann")
    ada = User.objects.create_user("ada")
    news.send("a", user=ada)
    news.send("a", group="g0")
    events_with_one = _count(watcher, EVENTS)
    with_one = count(STREAMS)
    for number in range(1, 40):
        bob = User.objects.create_user(f"bob{number}")
        news.send("b", user=bob)
        news.send("b", group=f"g{number}")
    estimate = connection.vendor == "postgresql"
    assert count(STREAMS) == with_one <= 7 + estimate
    assert _count(watcher, EVENTS) == events_with_one <= 6 + estimate
    stream = Stream.objects.get(name="g0")
    before = count(f"{STREAMS}{stream.pk}/delete/")
    for text_ in "abcdefghij":
        news.send(text_, group="g0")
    assert count(f"{STREAMS}{stream.pk}/delete/") == before


def _count(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    assert not [q for q in queries.captured_queries if '"payload",' in q["sql"]]
    return len(queries)


def test_payloads_are_for_those_who_may_view_kept_events(client: Client) -> None:
    news.send(SECRET_TEXT, group="room", exclude=User.objects.get(username="eve"))
    [stream], [event] = Stream.objects.all(), KeptEvent.objects.all()
    pages = [STREAMS, f"{STREAMS}{stream.pk}/change/", f"{STREAMS}{stream.pk}/delete/"]

    for page in pages:
        shown = text(client.get(page))
        assert SECRET_TEXT not in shown
        assert EVENTS not in shown
    for page in (EVENTS, f"{EVENTS}{event.pk}/change/"):
        assert client.get(page).status_code == 403

    viewer = a_client("view_stream", "view_keptevent")
    page = text(viewer.get(f"{STREAMS}{stream.pk}/change/"))
    [link] = re.findall(rf'href="({EVENTS}[^"]+stream[^"]+)"', page)
    listed = text(viewer.get(link))
    assert "news" in listed
    assert SECRET_TEXT not in listed
    shown = text(viewer.get(f"{EVENTS}{event.pk}/change/"))
    [payload] = re.findall(r"<textarea[^>]*>(.*?)</textarea>", shown, re.S)
    assert SECRET_TEXT in payload


def test_a_payload_is_shown_as_text() -> None:
    news.send("</textarea><script>", group="room")
    event = KeptEvent.objects.get()

    page = text(a_client("view_keptevent").get(f"{EVENTS}{event.pk}/change/"))

    assert "</textarea><script>" not in page
    [payload] = re.findall(r"<textarea[^>]*>(.*?)</textarea>", page, re.S)
    assert json.loads(payload.replace("&quot;", '"').replace("&lt;", "<").replace(
        "&gt;", ">"
    )) == "</textarea><script>"  # fmt: skip


def test_without_permission() -> None:
    news.send("a", group="room")
    stream, event = Stream.objects.get(), KeptEvent.objects.get()
    nobody, viewer = a_client(name="nobody"), a_client("view_stream", "view_keptevent")

    for page in (STREAMS, EVENTS, f"{STREAMS}{stream.pk}/change/"):
        assert nobody.get(page).status_code == 403
        assert Client().get(page).status_code == 302
    for page in (STREAMS, EVENTS):
        assert viewer.get(f"{page}add/").status_code == 403
    assert viewer.post(f"{EVENTS}{event.pk}/change/", {}).status_code == 403
    assert (
        viewer.post(f"{EVENTS}{event.pk}/delete/", {"post": "yes"}).status_code == 403
    )
    assert (
        viewer.post(f"{STREAMS}{stream.pk}/delete/", {"post": "yes"}).status_code == 403
    )
    act(viewer, stream, action="new_epochs", confirmed="yes")
    act(viewer, stream, action="delete_selected", post="yes")
    assert Stream.objects.get().epoch == stream.epoch
    assert KeptEvent.objects.count() == 1


@pytest.mark.parametrize("way", ["page", "action"])
def test_a_stream_is_deleted_whole(
    client: Client, transport: MemoryTransport, way: str
) -> None:
    watcher = Watcher(transport)
    since = position(entry(watcher.watch("room")))
    for number in range(3):
        news.send(str(number), group="room")
    news.send("other", group="other")
    stream = Stream.objects.get(name="room")
    page = f"{STREAMS}{stream.pk}/delete/"

    if way == "page":
        asked = text(client.get(page))
        client.post(page, {"post": "yes"})
    else:
        asked = text(act(client, stream, action="delete_selected"))
        act(client, stream, action="delete_selected", post="yes")

    assert "stream of group room" in asked
    assert "Kept events: 3" in asked
    assert [row.name for row in Stream.objects.all()] == ["other"]
    assert [event.name for event in KeptEvent.objects.all()] == ["other"]
    [found] = watcher.watch("room", since=since)["streams"]
    assert found["id"] not in since, "a stream of its own, and a gap for the old one"
    assert LogEntry.objects.filter(object_repr="stream of group room").count() == 1


def test_new_epochs_ask_first(client: Client, transport: MemoryTransport) -> None:
    watcher = Watcher(transport)
    since = position(entry(watcher.watch("room")))
    news.send("a", groups=["room", "other"])
    room, other = Stream.objects.get(name="room"), Stream.objects.get(name="other")

    asked = text(act(client, room, action="new_epochs"))

    assert "1 stream will get a new epoch" in asked
    assert Stream.objects.get(name="room").epoch == room.epoch
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', asked))
    hidden.pop("csrfmiddlewaretoken", None)
    said = text(client.post(STREAMS, hidden, follow=True))
    assert "1 stream with a new epoch." in said
    assert Stream.objects.get(name="room").epoch != room.epoch
    assert Stream.objects.get(name="other").epoch == other.epoch
    found = entry(watcher.watch("room", since=since))
    assert found["recovered"] is False
    [logged] = LogEntry.objects.all()
    assert logged.change_message == "1 stream with a new epoch."


def test_new_epochs_are_for_ticked_streams_alone(client: Client) -> None:
    news.send("a", groups=["room:1", "room:2"])
    before = dict(Stream.objects.values_list("name", "epoch"))
    first = Stream.objects.get(name="room:1")

    act(client, first, action="new_epochs", select_across="1", confirmed="yes")

    after = dict(Stream.objects.values_list("name", "epoch"))
    assert {name for name in after if after[name] != before[name]} == {"room:1"}


@pytest.mark.parametrize("way", ["page", "action"])
def test_the_stream_of_a_user_goes_with_the_user(way: str) -> None:
    ada = User.objects.create_user("ada")
    news.send("a", user=ada)
    news.send("a", group="room")
    staff = User.objects.create_user("staff", is_staff=True)
    for codename in ("view_user", "delete_user"):
        staff.user_permissions.add(Permission.objects.get(codename=codename))
    client = Client()
    client.force_login(staff)
    page, data = f"/admin/auth/user/{ada.pk}/delete/", {"post": "yes"}
    if way == "action":
        page = "/admin/auth/user/"
        data |= {"action": "delete_selected", "_selected_action": str(ada.pk)}

    assert client.post(page, data).status_code == 302

    assert not User.objects.filter(username="ada").exists()
    assert [stream.name for stream in Stream.objects.all()] == ["room"]
    assert [event.name for event in KeptEvent.objects.all()] == ["room"]
