"""The admin's pages, as people with and without permissions see them."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from tests.simulated_aws.control_plane import MemoryControlPlane
from wsrouter.models import Membership, OpenConnection
from wsrouter.wiring import publisher

pytestmark = pytest.mark.django_db
LIST = "/admin/wsrouter/openconnection/gateways/"
PAGE = f"{LIST}default/"


@pytest.fixture
def plane(monkeypatch: pytest.MonkeyPatch) -> MemoryControlPlane:
    made = MemoryControlPlane(pending_polls=0)
    monkeypatch.setattr(publisher, "control_plane", lambda alias: made)
    return made


def a_client(*codenames: str, name: str = "ann") -> Client:
    user = User.objects.create_user(name, is_staff=True)
    ours = Permission.objects.filter(content_type__app_label="wsrouter")
    for codename in codenames:
        user.user_permissions.add(ours.get(codename=codename))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def viewer() -> Client:
    return a_client("view_openconnection")


@pytest.fixture
def publishing_user() -> Client:
    """Somebody with that permission, and no other."""
    return a_client("publish_gateway")


def text(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


def shown_plan(client: Client) -> str:
    found = re.search(r'name="plan" value="(\w+)"', text(client.get(PAGE)))
    assert found
    return found[1]


def test_gateways_are_listed(viewer: Client, plane: MemoryControlPlane) -> None:
    page = text(viewer.get("/admin/wsrouter/openconnection/"))
    assert LIST in page
    assert PAGE in text(viewer.get(LIST))
    assert plane.server.calls == []


def test_routes_and_drift_are_shown(viewer: Client, plane: MemoryControlPlane) -> None:
    page = text(viewer.get(PAGE))

    assert "tests.project.shop.ws.echo" in page
    assert "+ route shop.echo" in page
    assert "Not published yet" in page
    assert plane.server.writes == []


def test_a_viewer_cannot_publish(viewer: Client, plane: MemoryControlPlane) -> None:
    assert "Publish" not in text(viewer.get(PAGE))
    assert viewer.post(PAGE, {"plan": "x"}).status_code == 403
    assert plane.server.writes == []


@pytest.mark.parametrize("path", [LIST, PAGE])
def test_without_permission(plane: MemoryControlPlane, path: str) -> None:
    assert a_client().get(path).status_code == 403
    assert Client().get(path).status_code == 302
    assert plane.server.calls == []


def test_a_publisher_finds_the_way_and_sees_no_connections(
    publishing_user: Client, plane: MemoryControlPlane
) -> None:
    connections = "/admin/wsrouter/openconnection/"

    assert connections in text(publishing_user.get("/admin/"))
    assert PAGE in text(publishing_user.get(connections, follow=True))
    assert publishing_user.get(f"{connections}1/change/").status_code == 403
    assert connections not in a_client(name="ben").get("/admin/").content.decode()


def test_publishing(publishing_user: Client, plane: MemoryControlPlane) -> None:
    plan = shown_plan(publishing_user)
    answer = publishing_user.post(PAGE, {"plan": plan}, follow=True)

    assert "Published. Clients connect to wss://api1." in text(answer)
    assert "In sync: nothing to do." in text(answer)
    (entry,) = LogEntry.objects.all()
    assert entry.object_repr == "Gateway default"
    assert entry.user.username == "ann"
    assert "Published" in entry.change_message
    assert "Gateway default" in text(publishing_user.get("/admin/"))


def test_only_the_plan_that_was_seen_is_published(
    publishing_user: Client, plane: MemoryControlPlane, settings: Any
) -> None:
    plan = shown_plan(publishing_user)
    entry = {**settings.WSROUTER["default"], "TIMEOUT": 5}
    settings.WSROUTER = {"default": entry}
    answer = publishing_user.post(PAGE, {"plan": plan}, follow=True)

    assert "The plan has changed" in text(answer)
    assert plane.server.writes == []
    assert not LogEntry.objects.exists()


def test_a_refusal_is_shown_and_logged(
    publishing_user: Client, plane: MemoryControlPlane
) -> None:
    plan = shown_plan(publishing_user)
    plane.server.refused_sources = {"context.connectionId"}
    answer = publishing_user.post(PAGE, {"plan": plan}, follow=True)

    assert "AWS refused CreateIntegration" in text(answer)
    (entry,) = LogEntry.objects.all()
    assert "Publishing failed" in entry.change_message


def test_no_csrf_no_publishing(plane: MemoryControlPlane) -> None:
    User.objects.create_superuser("root")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="root"))

    assert strict.post(PAGE, {"plan": "x"}).status_code == 403


def test_a_wrong_setting_is_shown(
    viewer: Client, plane: MemoryControlPlane, settings: Any
) -> None:
    entry = {**settings.WSROUTER["default"], "ENDPOINT": ""}
    settings.WSROUTER = {"default": entry}

    assert "ENDPOINT is missing" in text(viewer.get(PAGE))
    assert viewer.get(f"{LIST}nowhere/").status_code == 404


def test_no_secret_is_shown(
    publishing_user: Client, plane: MemoryControlPlane, settings: Any
) -> None:
    secret = settings.WSROUTER["default"]["SECRET"]
    pages = text(publishing_user.get(PAGE)) + text(publishing_user.get(LIST))
    publishing_user.post(PAGE, {"plan": shown_plan(publishing_user)})
    settings.WSROUTER = {
        "default": {**settings.WSROUTER["default"], "SECRET": "n" * 40}
    }
    pages += text(publishing_user.get(PAGE))

    assert "***" in pages
    assert secret not in pages
    assert "n" * 40 not in pages


def test_rows_are_read_only() -> None:
    client = a_client(
        *(
            f"{verb}_{model}"
            for verb in ("view", "add", "change", "delete")
            for model in ("openconnection", "membership")
        )
    )
    now = timezone.now()
    connection = OpenConnection.objects.create(
        connection_id="abc=", gateway="default", connected_at=now, expires_at=now
    )
    Membership.of(connection, "order:7").save()

    assert "abc=" in text(client.get("/admin/wsrouter/openconnection/"))
    assert client.get("/admin/wsrouter/openconnection/add/").status_code == 403
    row = f"/admin/wsrouter/openconnection/{connection.pk}"
    assert "auth_hash" not in text(client.get(f"{row}/change/"))
    assert client.post(f"{row}/change/", {}).status_code == 403
    assert client.post(f"{row}/delete/", {"post": "yes"}).status_code == 403
