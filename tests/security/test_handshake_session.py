"""The session of a handshake: read from its table by one compiled statement, or by
Django wherever a project has a say in it."""

import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.backends import cached_db, db
from django.contrib.sessions.base_session import (
    AbstractBaseSession,
    BaseSessionManager,
)
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.db import connection as database
from django.db.models import CharField, QuerySet
from django.http import HttpRequest
from django.test import Client, override_settings
from django.test.utils import isolate_apps
from django.utils import timezone

from tests.django.events import Gateway
from tests.django.test_queries import Queries
from tests.security import served
from tests.security.served import SETTINGS
from wsrouter.models import OpenConnection

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HERE = "tests.security.test_handshake_session."
BACKENDS = "django.contrib.sessions.backends."
both = pytest.mark.parametrize("engine", ["db", "cached_db"])


@pytest.fixture(autouse=True)
def _served(user: User) -> Iterator[None]:
    with override_settings(WSROUTER={"default": SETTINGS}):
        yield
    cache.clear()


@pytest.fixture
def enter(user: User) -> Iterator[Callable[..., Gateway]]:
    """Log in with an engine, which stays the project's."""
    with override_settings():

        def entered(engine: str) -> Gateway:
            settings.SESSION_ENGINE = engine
            browser = Client()
            browser.force_login(user)
            return Gateway(http=browser)

        yield entered


def queries_of(gateway: Gateway) -> list[str]:
    """The statements of a handshake on sessions. No handshake changes one."""
    with Queries(database) as queries:
        assert gateway.connect().status_code == 200
    found = [sql for sql in queries.statements if "django_session" in sql]
    assert str(gateway.send("who")["payload"]) == "ada"
    return found


@both
def test_it_is_read_with_its_end(engine: str, enter: Callable[..., Gateway]) -> None:
    gateway = enter(BACKENDS + engine)
    end = timezone.now() + timedelta(minutes=9)
    Session.objects.update(expire_date=end)
    found = queries_of(gateway)
    assert len(found) == 2, found  # and once more after the commit
    assert all("session_data" in sql and "expire_date" in sql for sql in found)
    assert abs(OpenConnection.objects.get().expires_at - end) < timedelta(seconds=1)


def test_the_cache_is_not_asked(
    enter: Callable[..., Gateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cache that has lost everything, or cannot be reached, changes nothing."""
    gateway = enter(BACKENDS + "cached_db")

    def get(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(LocMemCache, "get", get)
    assert len(queries_of(gateway)) == 2


@both
def test_a_row_that_has_expired_is_nobodys(
    engine: str, enter: Callable[..., Gateway]
) -> None:
    """The cache still has it: then the table decides, before anybody is let in."""
    gateway = enter(BACKENDS + engine)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    before = len(served.handshakes)
    status = gateway.connect().status_code
    assert status == (401 if engine == "cached_db" else 200)
    if engine == "cached_db":
        assert len(served.handshakes) == before
    else:
        assert str(gateway.send("who")["payload"]) == "AnonymousUser"


@both
def test_a_row_that_nobody_can_decode(
    engine: str, enter: Callable[..., Gateway]
) -> None:
    gateway = enter(BACKENDS + engine)
    Session.objects.update(session_data="no session")
    assert gateway.connect().status_code == 200
    assert str(gateway.send("who")["payload"]) == "AnonymousUser"


class OwnLoad(db.SessionStore):
    """An engine whose sessions are found in its own way."""

    loaded: "list[str]" = []  # noqa: RUF012  # of the test

    def load(self) -> Any:
        self.loaded.append(self.session_key or "")
        return super().load()


class OwnRow(cached_db.SessionStore):
    loaded: "list[str]" = []  # noqa: RUF012  # of the test

    def _get_session_from_db(self) -> Any:
        self.loaded.append(self.session_key or "")
        return super()._get_session_from_db()  # type: ignore[misc]


@pytest.mark.parametrize("store", [OwnLoad, OwnRow])
def test_an_engine_of_the_project(
    store: Any, enter: Callable[..., Gateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = ModuleType("an_engine_of_the_project")
    engine.SessionStore = store  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, engine.__name__, engine)
    store.loaded.clear()
    gateway = enter(engine.__name__)
    cache.clear()
    queries_of(gateway)
    assert store.loaded


class Revoked(QuerySet[Any]):
    """Finds no session: all are revoked."""

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return QuerySet.get(self.none(), *args, **kwargs)


class Hashed(CharField):  # type: ignore[type-arg]
    """Keeps the hashes of keys, so that who can read the table cannot use them."""

    def get_prep_value(self, value: Any) -> Any:
        return value and sha256(value.encode()).hexdigest()[:40]


with isolate_apps("django.contrib.sessions"):

    class RevokedSession(AbstractBaseSession):
        objects = BaseSessionManager.from_queryset(Revoked)()  # type: ignore[misc]

        class Meta:
            app_label, db_table, managed = "sessions", "django_session", False

    class HashedSession(AbstractBaseSession):
        session_key = Hashed(primary_key=True, max_length=40)  # type: ignore[assignment]

        class Meta:
            app_label, db_table, managed = "sessions", "django_session", False


@pytest.fixture
def enter_with(
    enter: Callable[..., Gateway], monkeypatch: pytest.MonkeyPatch
) -> Callable[[Any], Gateway]:
    """Log in where the engine keeps sessions in another model."""

    def entered(model: Any) -> Gateway:
        class SessionStore(db.SessionStore):
            @classmethod
            def get_model_class(cls) -> Any:
                return model

        engine = ModuleType("an_engine_with_a_model")
        engine.SessionStore = SessionStore  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, engine.__name__, engine)
        return enter(engine.__name__)

    return entered


def test_a_manager_of_the_project_has_a_say(
    enter_with: Callable[[Any], Gateway],
) -> None:
    gateway = enter_with(RevokedSession)
    assert Session.objects.exists()
    assert gateway.connect().status_code == 200
    assert str(gateway.send("who")["payload"]) == "AnonymousUser"


def test_a_field_of_the_project_has_a_say(
    enter_with: Callable[[Any], Gateway],
) -> None:
    gateway = enter_with(HashedSession)
    stored = sha256(gateway.http.cookies["sessionid"].value.encode()).hexdigest()[:40]
    assert Session.objects.filter(pk=stored).exists()
    queries_of(gateway)
    stolen = Client()
    stolen.cookies["sessionid"] = stored
    thief = Gateway("y0000000=", http=stolen)
    assert thief.connect().status_code == 200
    assert str(thief.send("who")["payload"]) == "AnonymousUser"


def reading(get_response: Callable[[HttpRequest], Any]) -> Any:
    """A middleware that looks into the session before wsrouter does."""

    def middleware(request: HttpRequest) -> Any:
        assert request.session.get("_auth_user_id")
        return get_response(request)

    return middleware


def writing(get_response: Callable[[HttpRequest], Any]) -> Any:
    """A middleware that changes the session before wsrouter sees it."""

    def middleware(request: HttpRequest) -> Any:
        request.session["seen"] = "by a middleware"
        return get_response(request)

    return middleware


@both
@pytest.mark.parametrize("name", ["reading", "writing"])
def test_a_session_that_a_middleware_has_read(
    engine: str, name: str, enter: Callable[..., Gateway]
) -> None:
    gateway = enter(BACKENDS + engine)
    with override_settings(MIDDLEWARE=[*settings.MIDDLEWARE, HERE + name]):
        assert gateway.connect().status_code == 200
        assert str(gateway.send("who")["payload"]) == "ada"
    seen = Session.objects.get().get_decoded().get("seen")
    assert seen == ("by a middleware" if name == "writing" else None)


@both
def test_a_session_that_ends_meanwhile(
    engine: str, enter: Callable[..., Gateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = enter(BACKENDS + engine)

    def delete_row(_: str) -> None:
        Session.objects.all().delete()

    monkeypatch.setattr(served, "on_connect", delete_row)
    assert gateway.connect().status_code == 401
    assert not OpenConnection.objects.exists()


@both
def test_a_session_that_becomes_another_users_meanwhile(
    engine: str,
    enter: Callable[..., Gateway],
    other: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gateway = enter(BACKENDS + engine)

    def change_user(_: str) -> None:
        session = db.SessionStore(gateway.http.cookies["sessionid"].value)
        session["_auth_user_id"] = str(other.pk)
        session.save()

    monkeypatch.setattr(served, "on_connect", change_user)
    assert gateway.connect().status_code == 401
    assert not OpenConnection.objects.exists()


def test_a_key_that_no_session_has(enter: Callable[..., Gateway]) -> None:
    """PostgreSQL raises an error for such a text, and anybody can send it."""
    gateway = enter(BACKENDS + "db")
    gateway.http.cookies.clear()
    cookie = {"Cookie": r'sessionid="\000bcdefghij"'}
    assert gateway.connect(client=cookie).status_code == 200
    assert str(gateway.send("who")["payload"]) == "AnonymousUser"
