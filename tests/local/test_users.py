"""The user name of a connection, looked up in the database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.utils import timezone

from tests.local.ws_local_process import ROOT
from wsrouter.models import OpenConnection
from wsrouter.ops.ws_local import users
from wsrouter.ops.ws_local.users import user_name

BARE = """
import os
SECRET_KEY = "a key for tests"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "wsrouter"]
DATABASES = eval(os.environ["BARE_DATABASES"])
"""


def connection(connection_id: str, user: object = None) -> None:
    now = timezone.now()
    OpenConnection.objects.create(
        connection_id=connection_id,
        user=user,
        gateway="default",
        connected_at=now,
        expires_at=now,
    )


@pytest.mark.django_db(transaction=True)
def test_the_username_of_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "_TIMEOUT_SECONDS", 30.0)  # the machine may be busy
    connection("anonymous")
    connection("hers", get_user_model().objects.create_user("ada"))
    assert async_to_sync(user_name)("hers") == "ada"
    assert async_to_sync(user_name)("anonymous") == ""
    assert async_to_sync(user_name)("gone") == ""


def test_without_a_database_there_is_no_user_name(tmp_path: Path) -> None:
    look = (
        "import asyncio, django; django.setup();"
        "from wsrouter.ops.ws_local.users import user_name;"
        "print(repr(asyncio.run(user_name('any'))))"
    )
    (tmp_path / "bare.py").write_text(BARE)
    for databases in ("{}", "{'default': {'ENGINE': 'django.db.backends.sqlite3'}}"):
        done = subprocess.run(
            [sys.executable, "-c", look],
            cwd=ROOT,
            env=os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "bare",
                "PYTHONPATH": f"{tmp_path}:{ROOT}",
                "BARE_DATABASES": databases,
            },
            capture_output=True,
            text=True,
        )
        assert done.stdout == "''\n", done.stderr
