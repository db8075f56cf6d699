"""The user of a handshake's session: found by one compiled statement, or by Django
wherever a project has a say in it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection as database
from django.test import Client, override_settings
from django.utils.functional import SimpleLazyObject

from tests.databases import CHOSEN
from tests.django.events import Gateway
from tests.django.test_queries import Queries
from tests.security.served import SETTINGS
from wsrouter.models import OpenConnection

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HERE = "tests.security.test_handshake_user."
MIDDLEWARE = "django.contrib.auth.middleware.AuthenticationMiddleware"
LOCK = int(CHOSEN == "mysql")


class OwnMiddleware(AuthenticationMiddleware):
    """Nobody is logged in."""

    def process_request(self, request: Any) -> None:
        request.user = SimpleLazyObject(AnonymousUser)


class OwnBackend(ModelBackend):
    """Finds those who are not banned."""

    def get_user(self, user_id: Any) -> Any:
        user = super().get_user(user_id)
        return None if user is None or user.first_name == "banned" else user


class StrictBackend(ModelBackend):
    def user_can_authenticate(self, user: Any) -> bool:
        return bool(user.is_staff)


@pytest.fixture(autouse=True)
def _served(user: User, other: User) -> Iterator[None]:
    with override_settings(WSROUTER={"default": SETTINGS}):
        yield


def logged_in(user: User, backend: str = "") -> Gateway:
    browser = Client()
    browser.force_login(user, backend or None)
    return Gateway(http=browser)


def who(gateway: Gateway) -> str:
    assert gateway.connect().status_code == 200
    return str(gateway.send("who")["payload"])


def test_it_is_read_once_and_once_more_after_the_commit(user: User) -> None:
    gateway = logged_in(user)
    with Queries(database) as queries:
        assert gateway.connect().status_code == 200
    of_users = [sql for sql in queries.statements if "auth_user" in sql]
    assert len(of_users) == 2 + LOCK, of_users


def test_a_middleware_of_the_project(user: User) -> None:
    own = [
        HERE + "OwnMiddleware" if each == MIDDLEWARE else each
        for each in settings.MIDDLEWARE
    ]
    with override_settings(MIDDLEWARE=own):
        assert who(logged_in(user)) == "AnonymousUser"


def test_a_backend_that_finds_users_in_its_own_way(user: User) -> None:
    name = HERE + "OwnBackend"
    with override_settings(AUTHENTICATION_BACKENDS=[name]):
        gateway = logged_in(user, name)
        assert who(gateway) == "ada"
        User.objects.update(first_name="banned")
        assert who(Gateway("y0000000=", http=gateway.http)) == "AnonymousUser"


def test_a_backend_that_does_not_let_everybody_in(user: User) -> None:
    name = HERE + "StrictBackend"
    with override_settings(AUTHENTICATION_BACKENDS=[name]):
        assert who(logged_in(user, name)) == "AnonymousUser"
        OpenConnection.objects.all().delete()
        User.objects.update(is_staff=True)
        assert who(logged_in(user, name)) == "ada"


def test_a_backend_that_is_not_there_any_more(user: User) -> None:
    gateway = logged_in(user, HERE + "StrictBackend")
    assert who(gateway) == "AnonymousUser"


def test_another_password_is_nobody(user: User) -> None:
    gateway = logged_in(user)
    User.objects.filter(pk=user.pk).update(password="another")
    assert gateway.connect().status_code == 401
    assert not OpenConnection.objects.filter(user=user).exists()


def test_the_session_of_a_former_key(user: User) -> None:
    with override_settings(SECRET_KEY="a former key"):
        gateway = logged_in(user)
    with override_settings(SECRET_KEY_FALLBACKS=["a former key"]):
        assert who(gateway) == "ada"
