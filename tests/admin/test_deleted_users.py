"""Users who are online are deleted in the admin, and their connections end."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.django.client_routes import router
from tests.django.events import serving
from wsrouter import tickets
from wsrouter.models import OpenConnection
from wsrouter.testing import WebSocketClient

pytestmark = pytest.mark.django_db
USERS = "/admin/auth/user/"


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    with serving(router):
        yield


@pytest.fixture(params=["superuser", "who may delete users"])
def staff(request: pytest.FixtureRequest) -> Client:
    ann = User.objects.create_user("ann", is_staff=True)
    if request.param == "superuser":
        User.objects.filter(pk=ann.pk).update(is_superuser=True)
    for codename in ("view_user", "delete_user"):
        ann.user_permissions.add(Permission.objects.get(codename=codename))
    client = Client()
    client.force_login(ann)
    return client


@pytest.mark.parametrize("way", ["page", "action"])
def test_a_user_who_is_online_can_be_deleted(staff: Client, way: str) -> None:
    user = User.objects.create_user("ada")
    tickets.issue(user)
    with WebSocketClient(user) as socket:
        socket.call("watch", {"order_id": 7})
        page, data = f"{USERS}{user.pk}/delete/", {"post": "yes"}
        if way == "action":
            page = USERS
            data |= {"action": "delete_selected", "_selected_action": str(user.pk)}
        else:
            assert "permission to delete" not in staff.get(page).content.decode()
        assert staff.post(page, data).status_code == 302
        assert not User.objects.filter(username="ada").exists()
        assert not socket.is_open
    assert not OpenConnection.objects.exists()


def test_the_row_of_a_connection_alone_cannot(staff: Client) -> None:
    with WebSocketClient(User.objects.create_user("ada")) as socket:
        row = OpenConnection.objects.get()
        rows = "/admin/wsrouter/openconnection/"
        staff.post(f"{rows}{row.pk}/delete/", {"post": "yes"})
        action = {"action": "delete_selected", "_selected_action": str(row.pk)}
        staff.post(rows, action | {"post": "yes"})
        assert socket.is_open
        assert OpenConnection.objects.filter(pk=row.pk).exists()
