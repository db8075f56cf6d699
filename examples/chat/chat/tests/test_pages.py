"""What a page starts with."""

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from chat.models import Room


def test_a_room_has_its_lines_and_their_position(
    client: Client, settings: Any, tea: Room, bob: User
) -> None:
    settings.DEBUG = True  # the socket is on this machine
    tea.lines.create(author=bob, text="Hello!")
    client.force_login(bob)
    page = client.get("/rooms/tea/").context["page"]
    assert [line["text"] for line in page["lines"]] == ["Hello!"]
    assert len(page["since"]) == 1


def test_a_visitor_is_asked_to_log_in(client: Client, tea: Room) -> None:
    for path in ("/", "/rooms/tea/"):
        assert client.get(path).headers["Location"] == f"/login/?next={path}"


def test_the_room_of_others_is_not_there(
    client: Client, secrets: Room, bob: User
) -> None:
    client.force_login(bob)
    assert client.get("/rooms/secrets/").status_code == 404
    assert b"secrets" not in client.get("/").content
