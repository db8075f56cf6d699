"""The page has a token instead of a cookie, and a ticket for each socket."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from farm import tokens
from wsrouter.models import OpenConnection
from wsrouter.testing import HandshakeRefused, WebSocketClient

MakeClient = Callable[..., WebSocketClient]
PAGE = {"Origin": "http://localhost:8080"}


@pytest.fixture(autouse=True)
def _on_this_machine(settings: Any) -> None:
    settings.DEBUG = True  # so Django knows where the socket is
    settings.PAGE_ORIGIN = PAGE["Origin"]


@pytest.fixture
def password(ada: User) -> str:
    ada.set_password("analytical")
    ada.save()
    return "analytical"


def post(client: Client, path: str, token: str = "", **body: str) -> Any:
    headers = {"Authorization": f"Bearer {token}", **PAGE}
    return client.post(path, body, content_type="application/json", headers=headers)


def test_a_password_brings_a_token_and_that_a_ticket(
    client: Client, ws_client: MakeClient, password: str
) -> None:
    said = post(client, "/api/token/", name="ada", password=password).json()
    assert said["socket"].startswith("ws://")
    ticket = post(client, "/api/ticket/", said["token"]).json()["ticket"]
    tab = ws_client().connect(query=f"ticket={ticket}", headers=PAGE)
    assert tab.call("farm.watch", None) == {"measurements": []}
    expires_at = OpenConnection.objects.get().expires_at
    assert expires_at
    assert timedelta() < expires_at - timezone.now() < tokens.LIFETIME


@pytest.mark.parametrize(
    ("given", "status"),
    [({"name": "ada", "password": "?"}, 401), ({"name": "ada"}, 400)],
)
def test_without_the_password_there_is_no_token(
    client: Client, password: str, given: dict[str, str], status: int
) -> None:
    assert post(client, "/api/token/", **given).status_code == status


def test_without_a_valid_token_there_is_no_ticket(
    client: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "LIFETIME", -timedelta(seconds=1))
    for token in ("", "x", tokens.make(ada)):
        assert post(client, "/api/ticket/", token).status_code == 401


def test_a_browser_lets_only_the_page_read_the_answers(client: Client) -> None:
    asked = client.options("/api/ticket/", headers=PAGE)
    assert asked.status_code == 204
    assert asked["Access-Control-Allow-Origin"] == PAGE["Origin"]
    assert "Access-Control-Allow-Credentials" not in asked


def test_a_socket_of_another_page_is_refused(ws_client: MakeClient, ada: User) -> None:
    with pytest.raises(HandshakeRefused) as refused:
        ws_client(ada).connect(headers={"Origin": "https://other.example"})
    assert refused.value.status == 403
