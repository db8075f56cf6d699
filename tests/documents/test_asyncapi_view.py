"""`ws/asyncapi.json`, and who may see it."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings

from tests.django.events import serving
from tests.documents.test_asyncapi import shop

pytestmark = pytest.mark.django_db


def status(client: Client, path: str = "/ws/asyncapi.json") -> int:
    return client.get(path).status_code


@pytest.fixture
def clients() -> dict[str, Client]:
    found = {"nobody": Client(), "user": Client(), "staff": Client()}
    found["user"].force_login(User.objects.create_user("ada"))
    found["staff"].force_login(User.objects.create_user("eve", is_staff=True))
    return found


@pytest.mark.parametrize(
    ("options", "debug", "seen_by"),
    [
        ({}, True, {"nobody", "user", "staff"}),
        ({}, False, set()),
        ({"DOCS": "debug"}, False, set()),
        ({"DOCS": "staff"}, False, {"staff"}),
        ({"DOCS": "staff"}, True, {"staff"}),
        ({"DOCS": "public"}, False, {"nobody", "user", "staff"}),
        ({"DOCS": None}, True, set()),
    ],
)
def test_who_sees_the_document(
    options: dict[str, Any], debug: bool, seen_by: set[str], clients: dict[str, Client]
) -> None:
    with serving(shop(), **options), override_settings(DEBUG=debug):
        found = {name: status(client) for name, client in clients.items()}
    assert found == {name: 200 if name in seen_by else 404 for name in clients}


def test_the_document() -> None:
    with serving(shop(), DOCS="public", API_NAME="tea shop"):
        response = Client().get("/ws/asyncapi.json")
        assert Client().post("/ws/asyncapi.json").status_code == 405
    found = response.json()
    assert response["Content-Type"] == "application/json"
    assert "no-store" in response["Cache-Control"]
    assert found["asyncapi"] == "3.1.0"
    assert found["info"]["title"] == "tea shop"
    assert "receive.orders.place" in found["operations"]


def test_another_gateway_has_a_document_of_its_own() -> None:
    entries = {
        "default": {"API_NAME": "a", "DOCS": None, "ROUTER": f"{__name__}.router"},
        "other": {"API_NAME": "b", "DOCS": "public", "ROUTER": f"{__name__}.router"},
    }
    with override_settings(WSROUTER=entries):
        client = Client()
        assert status(client) == 404
        assert status(client, "/ws/default/asyncapi.json") == 404
        assert status(client, "/ws/nothing/asyncapi.json") == 404
        found = client.get("/ws/other/asyncapi.json").json()
    assert found["info"]["title"] == "b"


@override_settings(
    LOGIN_URL="/login/",
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ],
)
def test_a_project_that_demands_a_login_elsewhere() -> None:
    with serving(shop(), DOCS="public"):
        assert status(Client()) == 200
    with serving(shop(), DOCS="staff"):
        assert status(Client()) == 404


router = shop()
