"""docs/howto/tickets.md: the views for Django REST framework and Ninja, which the
session `docs` installs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import include, path
from rest_framework.authentication import BaseAuthentication

from tests.django.events import serving
from tests.docs_pages.blocks import install
from wsrouter import Connection, Router
from wsrouter.models import OpenConnection
from wsrouter.testing import WebSocketClient

PAGE = "howto/tickets.md"
END = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=1)
OTHERS = {"drf": ("api/ninja.py", "api/jwt.py"), "ninja": ("api/drf.py", "api/jwt.py")}
router = Router()
WS = [path("ws/", include("wsrouter.urls"))]
urlpatterns: list[Any] = []


@router.route("who")
def who(connection: Connection) -> str:
    return str(connection.user.get_username())


class Token:
    expires_at = END


class Bearer(BaseAuthentication):
    def authenticate(self, request: Any) -> tuple[User, Token] | None:
        name = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return (User.objects.get(username=name), Token()) if name else None

    def authenticate_header(self, request: Any) -> str:
        return "Bearer"


@pytest.fixture
def ada(db: None) -> User:
    cache.clear()
    return User.objects.create_user("ada")


def ticket_of(response: Any) -> str:
    assert response.status_code == 200, response.content
    return str(response.json()["ticket"])


def connected(ticket: str) -> WebSocketClient:
    client = WebSocketClient().connect(query=f"ticket={ticket}")
    assert client.call("who") == "ada"
    return client


@pytest.mark.usefixtures("one_window")
def test_drf(monkeypatch: pytest.MonkeyPatch, ada: User) -> None:
    view = install(monkeypatch, PAGE, without=OTHERS["drf"])["api/drf.py"].TicketView
    view.authentication_classes = [Bearer]
    monkeypatch.setattr(
        f"{__name__}.urlpatterns", [path("ticket", view.as_view()), *WS]
    )
    header = {"Authorization": "Bearer ada"}
    with serving(router), override_settings(ROOT_URLCONF=__name__):
        assert Client().post("/ticket").status_code == 401
        ticket = ticket_of(Client().post("/ticket", headers=header))
        for _ in range(19):
            Client().post("/ticket", headers=header)
        refused = Client().post("/ticket", headers=header)
        assert (refused.status_code, int(refused["Retry-After"]) > 0) == (429, True)
        connected(ticket)
    assert OpenConnection.objects.get().expires_at == END


def test_ninja(monkeypatch: pytest.MonkeyPatch, ada: User) -> None:
    api = install(monkeypatch, PAGE, without=OTHERS["ninja"])["api/ninja.py"].api
    monkeypatch.setattr(f"{__name__}.urlpatterns", [path("api/", api.urls), *WS])
    client = Client()
    with serving(router), override_settings(ROOT_URLCONF=__name__):
        assert client.post("/api/ticket").status_code == 401
        client.force_login(ada)
        ticket = ticket_of(client.post("/api/ticket"))
        tab = connected(ticket)
        client.logout()
        assert not tab.is_open
