"""Django's apps, sessions and development server, where wsrouter uses more of them than
is documented."""

import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.cache import SessionStore as CacheStore
from django.contrib.sessions.backends.cached_db import SessionStore as CachedStore
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.backends.file import SessionStore as FileStore
from django.contrib.sessions.models import Session
from django.core.servers.basehttp import WSGIRequestHandler
from django.utils.autoreload import BaseReloader, StatReloader, autoreload_started
from django.utils.module_loading import autodiscover_modules


def test_the_fields_of_a_model() -> None:
    names = [field.name for field in User._meta.concrete_fields]
    assert {"id", "username", "email"} <= {*names}
    assert "groups" not in names


def test_a_session_hash_is_made_by_one_method() -> None:
    with patch.object(
        AbstractBaseUser, "_get_session_auth_hash", return_value="made"
    ) as method:
        user = User(password="x")
        assert user.get_session_auth_hash() == "made"
        [*user.get_session_auth_fallback_hash()]
    assert method.called


def test_when_a_session_ends() -> None:
    session = SessionStore()
    assert session.model is Session
    assert {"session_key", "expire_date"} <= {f.name for f in Session._meta.fields}
    assert not hasattr(CacheStore(), "model")
    session.set_expiry(datetime(2030, 1, 1, tzinfo=UTC))
    assert isinstance(session["_session_expiry"], str | datetime)
    session.set_expiry(60)
    assert session["_session_expiry"] == 60


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [SessionStore, CachedStore])
def test_a_session_that_has_its_data_is_not_loaded(kind: type[SessionBase]) -> None:
    assert kind.load in (SessionStore.load, CachedStore.load)
    assert kind._get_session_from_db is SessionStore._get_session_from_db  # type: ignore[attr-defined]
    session = kind()
    session["a"] = 1
    session.create()
    again = kind(session.session_key)
    assert "_session_cache" not in vars(again)
    row = Session.objects.get()
    again._session_cache = again.decode(row.session_data)  # type: ignore[attr-defined]
    row.delete()
    assert again["a"] == 1
    assert not again.modified


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["flush", "cycle_key", "delete"])
@pytest.mark.parametrize("kind", [SessionStore, CachedStore, CacheStore, FileStore])
def test_what_deletes_a_session_calls_delete(kind: type[SessionBase], act: str) -> None:
    session = kind()
    session["a"] = 1
    session.create()
    key = session.session_key
    assert kind.flush in (SessionBase.flush, CachedStore.flush)
    with patch.object(kind, "delete", autospec=True) as delete:
        getattr(session, act)()
    ((_, *arguments),) = (call.args for call in delete.call_args_list)
    assert arguments in ([], [key])
    kind(key).delete()


def test_modules_of_apps_are_imported() -> None:
    autodiscover_modules("ws")
    assert "tests.project.shop.ws" in sys.modules


def test_a_reloader_watches_folders(tmp_path: Path) -> None:
    reloader = StatReloader()
    assert isinstance(reloader, BaseReloader)
    (tmp_path / "ws.py").touch()
    reloader.watch_dir(tmp_path, "ws.py")
    assert tmp_path / "ws.py" in {path.absolute() for path in reloader.watched_files()}
    assert callable(autoreload_started.connect)


def test_what_the_development_server_logs(caplog: pytest.LogCaptureFixture) -> None:
    handler = WSGIRequestHandler.__new__(WSGIRequestHandler)
    handler.requestline = "POST /ws/ HTTP/1.1"
    handler.request = SimpleNamespace()
    server = logging.getLogger("django.server")
    server.addHandler(caplog.handler)
    try:
        with caplog.at_level(logging.INFO, "django.server"):
            handler.log_request(200, 5)
    finally:
        server.removeHandler(caplog.handler)
    assert caplog.records[0].args[:2] == ("POST /ws/ HTTP/1.1", "200")
