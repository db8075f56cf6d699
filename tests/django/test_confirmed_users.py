"""What the confirmation of a handshake reads of its user."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.db import connection as database
from django.db import models
from django.db.models.signals import post_init, pre_init
from django.test.utils import CaptureQueriesContext, isolate_apps

from tests.django.events import Gateway, serving
from wsrouter import Router
from wsrouter.registry import user_columns

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("shared_database")]


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    with serving(Router()):
        yield


def statements_of_a_handshake(user: User) -> list[str]:
    with CaptureQueriesContext(
        database,
    ) as found:
        assert Gateway().connect(user).status_code == 200
    return [each["sql"] for each in found if "auth_user" in each["sql"]]


def test_three_columns_are_read(user: User) -> None:
    statements_of_a_handshake(user)
    confirmed = statements_of_a_handshake(user)[-1]
    assert "wsrouter_openconnection" in confirmed
    assert '"password"' in confirmed.replace("`", '"')
    assert "last_name" not in confirmed


@pytest.mark.parametrize("signal", [pre_init, post_init])
def test_who_watches_users_costs_no_statement(user: User, signal: Any) -> None:
    """A package that notes what a row looked like when it was read."""
    before = statements_of_a_handshake(user)
    noted: list[str] = []

    def note(instance: Any = None, **_: Any) -> None:
        if instance is not None:
            noted.append(instance.last_name)

    signal.connect(note, sender=User)
    try:
        watched = statements_of_a_handshake(user)
    finally:
        signal.disconnect(note, sender=User)
    assert len(watched) == len(before)
    assert "last_name" in watched[-1]
    assert bool(noted) is (signal is post_init)


class Plain(AbstractBaseUser):
    name = models.CharField(max_length=9)
    is_active = models.BooleanField(default=True)

    class Meta:
        abstract = True


@isolate_apps("django.contrib.auth")
def test_a_user_model_with_code_of_its_own_is_read_whole() -> None:
    class Usual(Plain):
        class Meta:
            app_label = "auth"

    class OwnInit(Plain):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self.first_name = self.name

        class Meta:
            app_label = "auth"

    class OwnRow(Plain):
        @classmethod
        def from_db(cls, *given: Any) -> "OwnRow":
            return super().from_db(*given)

        class Meta:
            app_label = "auth"

    class OwnHash(Plain):
        def get_session_auth_hash(self) -> str:
            return self.name

        class Meta:
            app_label = "auth"

    class NeverInactive(AbstractBaseUser):
        class Meta:
            app_label = "auth"

    assert set(user_columns.unneeded(Usual)) == {"user__name", "user__last_login"}
    for model in (OwnInit, OwnRow, OwnHash, NeverInactive):
        assert user_columns.unneeded(model) == ()
